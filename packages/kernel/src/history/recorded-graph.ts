/** The graph digests that headers record: of a workspace after a rewrite or a rebase, of the target after a collapse, of System under a new pack. */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalReader } from '../bytes/canonical-reader.ts';
import type { Digest } from '../bytes/digest.ts';
import { readDigest } from '../graph/op-codec.ts';
import { readBatchResults, readCollapseResults } from './collapse-codec.ts';
import { readHead } from './event-codec.ts';
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
  if (kind === 'REBASE' && view !== null) {
    reader.arrayOf(7);
    reader.count();
    recorded = { idx, view, digest: readDigest(reader) };
    readDigest(reader);
    reader.countOrNull();
    readDigest(reader);
    reader.count();
    reader.count();
  } else if (kind === 'REWRITE_APPLIED' && view !== null) {
    reader.arrayOf(3);
    reader.count();
    recorded = { idx, view, digest: readDigest(reader) };
    readDigest(reader);
  } else if (kind === 'COLLAPSE' && view !== null) {
    const { target, targetDigest } = readCollapseResults(reader);
    recorded = { idx, view: target ?? 'system', digest: targetDigest };
  } else if (kind === 'COLLAPSE_BATCH') {
    const { target, targetDigest } = readBatchResults(reader);
    recorded = { idx, view: target ?? 'system', digest: targetDigest };
  } else if (kind === 'RULES_ACTIVATED') {
    reader.arrayOf(5);
    readDigest(reader);
    reader.count();
    reader.count();
    recorded = { idx, view: 'system', digest: readDigest(reader) };
    readDigest(reader);
  } else {
    return undefined;
  }
  readDigest(reader);
  reader.count();
  reader.end();
  return recorded;
}
