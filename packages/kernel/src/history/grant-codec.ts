/**
 * The results and bodies of the events of authority (`event-codec.ts` has their layout).
 */
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { VERBS, type Verb } from '../grant/grant.ts';
import type { OutOfReach } from '../grant/reach.ts';
import type { AccessDenied } from './event.ts';

/** What a denial tells of itself. */
export type DenialBody = Pick<AccessDenied, 'command' | 'ops' | 'written'>;

export function writeDenialBody(writer: CanonicalWriter, { command, ops, written }: DenialBody): void {
  writer.array(3);
  writer.text(command);
  writer.integer(ops);
  if (written === null) return writer.null();
  writer.array(2);
  writer.text(written.element);
  writer.text(written.kind);
}

export function readDenialBody(reader: CanonicalReader): DenialBody {
  reader.arrayOf(3);
  return { command: reader.text(), ops: reader.count(), written: readOutOfReach(reader) };
}

export function readVerb(reader: CanonicalReader): Verb {
  const start = reader.offset;
  const text = reader.text();
  const verb = VERBS.find((each) => each === text);
  if (verb === undefined) throw new CanonicalError('wrong-type', start);
  return verb;
}

function readOutOfReach(reader: CanonicalReader): OutOfReach | null {
  if (reader.isNull()) {
    reader.null();
    return null;
  }
  const start = reader.offset;
  reader.arrayOf(2);
  const element = reader.text();
  if (element !== 'node' && element !== 'edge') throw new CanonicalError('wrong-type', start);
  return { element, kind: reader.text() };
}
