/** What a client adds to a command, as it stands in an event: canonical bytes of its own, or null. */
import type { CanonicalReader } from '../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { readValue, type EncodedValue } from '../bytes/value.ts';

export function writeMeta(writer: CanonicalWriter, meta: EncodedValue | null): void {
  if (meta === null) writer.null();
  else writer.raw(meta);
}

export function readMeta(reader: CanonicalReader): EncodedValue | null {
  const start = reader.offset;
  const value = readValue(reader, { nullAllowed: true });
  return value === null ? null : reader.rawSince(start);
}
