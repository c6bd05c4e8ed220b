/**
 * The least that replaying these histories costs in JavaScript: the log's own reader, every field of header and body
 * decoded by the kernel's canonical reader, and the changed node put into a plain `Map`, patched.
 *
 * No hash of anything: bodies are not held against their headers, there is no tree over the events and no id but kind and
 * key. No trie, no old versions, no indexes, no workspaces, and no event but the rewrites of keyed nodes that are there.
 */
import { CanonicalReader, type Bytes } from '@jitos/kernel';
import { openRewrites, timeRewrites, type ReplayOptions } from '../workloads/replay-history.ts';
import type { OpenWorkload } from '../harness/workload.ts';

/** The number of the op that sets fields of a keyed node. */
const PUT_NODE = 2;

interface Patch {
  readonly name: string;
  readonly value: Bytes;
}

interface Node {
  readonly kind: string;
  readonly key: Bytes;
  readonly fields: readonly Patch[];
}

export const open: OpenWorkload<ReplayOptions> = async (options, dir) => {
  const { log, firstSmallIdx } = await openRewrites(options, dir);
  const nodes = new Map<string, Node>();
  const fold = async (fromIdx: number, endIdx: number): Promise<number> => {
    let seen = 0;
    for await (const { firstIdx, events } of log.batches(fromIdx)) {
      for (let i = Math.max(0, fromIdx - firstIdx); i < events.length && firstIdx + i < endIdx; i++) {
        const { header, body } = events[i]!;
        const { idx, kind } = decodeHeader(header);
        if (idx !== firstIdx + i) throw new Error(`event ${idx} stands where ${firstIdx + i} should`);
        if (kind !== 'REWRITE_APPLIED') continue;
        seen += 1;
        for (const put of decodePuts(body)) putNode(nodes, put);
      }
      if (firstIdx + events.length >= endIdx) break;
    }
    return seen;
  };
  await fold(0, firstSmallIdx);
  return { round: () => timeRewrites(options.rewriteCount, () => fold(firstSmallIdx, log.length)) };
};

function decodeHeader(bytes: Bytes) {
  const reader = new CanonicalReader(bytes);
  reader.arrayOf(9);
  return {
    v: reader.count(),
    idx: reader.count(),
    kind: reader.text(),
    view: countOrNull(reader),
    pins: (reader.arrayOf(3), { engine: reader.count(), policyId: countOrNull(reader), rulePackId: reader.bytes() }),
    cause:
      (reader.arrayOf(4),
      {
        principal: reader.text(),
        requestId: reader.textOrNull(),
        commandDigest: reader.bytesOrNull(),
        validUntil: countOrNull(reader),
      }),
    results: decodeResults(reader),
    bodyDigest: reader.bytes(),
    bodySize: reader.count(),
  };
}

function decodeResults(reader: CanonicalReader): readonly unknown[] {
  return Array.from({ length: reader.array() }, () => {
    if (reader.isNull()) return reader.textOrNull();
    const major = reader.peekMajor();
    if (major === 4) return decodeResults(reader);
    return major === 0 ? reader.count() : major === 2 ? reader.bytes() : reader.text();
  });
}

function countOrNull(reader: CanonicalReader): number | null {
  if (!reader.isNull()) return reader.count();
  reader.null();
  return null;
}

function decodePuts(bytes: Bytes): Node[] {
  const reader = new CanonicalReader(bytes);
  reader.arrayOf(2);
  const puts = Array.from({ length: reader.array() }, () => decodePut(reader));
  reader.null(); // meta
  reader.end();
  return puts;
}

function decodePut(reader: CanonicalReader): Node {
  reader.arrayOf(5);
  if (reader.count() !== PUT_NODE) throw new Error('the bare loop knows one op');
  const kind = reader.text();
  const key = reader.bytes();
  const fields = Array.from({ length: reader.map() }, () => {
    const name = reader.text();
    const start = reader.offset;
    reader.integer();
    return { name, value: reader.rawSince(start) };
  });
  reader.null(); // what the op expects
  return { kind, key, fields };
}

function putNode(nodes: Map<string, Node>, put: Node): void {
  const name = `${put.kind} ${put.key}`;
  const before = nodes.get(name);
  if (before === undefined) return void nodes.set(name, put);
  const kept = before.fields.filter((field) => !put.fields.some((patch) => patch.name === field.name));
  nodes.set(name, { ...before, fields: [...kept, ...put.fields] });
}
