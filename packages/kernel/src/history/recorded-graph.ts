/** The graph digests that headers record: of a workspace after a rewrite, of System after a collapse. */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalReader } from '../bytes/canonical-reader.ts';
import type { Digest } from '../bytes/digest.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import { readHead, readMode } from './event-codec.ts';
import type { ViewId } from './event.ts';

export interface RecordedGraph {
  /** Of the event, after which the view had this digest. */
  readonly idx: number;
  readonly view: ViewId;
  readonly digest: Digest;
}

/** Reads a header without its body; undefined for a kind that records none. Throws a `CanonicalError`. */
export function decodeRecordedGraph(header: Bytes): RecordedGraph | undefined {
  const reader = new CanonicalReader(header);
  const { idx, kind, view } = readHead(reader);
  let recorded: RecordedGraph;
  if (kind === 'REWRITE_APPLIED' && view !== null) {
    reader.arrayOf(3);
    reader.count();
    recorded = { idx, view, digest: readDigest(reader) };
    readDigest(reader);
  } else if (kind === 'COLLAPSE' && view !== null) {
    reader.arrayOf(7);
    reader.count();
    readMode(reader);
    reader.count();
    recorded = { idx, view: 'system', digest: readDigest(reader) };
    readDigest(reader);
    reader.count();
    readDigestOrNull(reader);
  } else {
    return undefined;
  }
  readDigest(reader);
  reader.count();
  reader.end();
  return recorded;
}
