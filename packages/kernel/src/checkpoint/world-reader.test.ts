import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { ZERO_DIGEST } from '../bytes/digest.ts';
import { WorldReader } from './world-reader.ts';
import { RECORD } from './world-records.ts';

function record(write: (writer: CanonicalWriter) => void): Bytes {
  const writer = new CanonicalWriter();
  write(writer);
  return writer.toBytes();
}

const NODE = record((writer) => {
  writer.array(3);
  writer.integer(RECORD.contentNode);
  writer.text('note');
  writer.null();
});
const EDGE = record((writer) => {
  writer.array(6);
  writer.integer(RECORD.edge);
  writer.bytes(ZERO_DIGEST);
  writer.bytes(ZERO_DIGEST);
  writer.text('joins');
  writer.null();
  writer.null();
});

function bucket(count: number): Bytes {
  return record((writer) => {
    writer.array(2);
    writer.integer(RECORD.bucket);
    writer.integer(count);
  });
}

const PACK = record((writer) => {
  writer.array(2);
  writer.integer(RECORD.rulePack);
  writer.bytes(NO_RULES.bytes);
});

function snapshot(nodes: number, edges: number): Bytes {
  return record((writer) => {
    writer.array(5);
    writer.integer(RECORD.snapshot);
    writer.integer(nodes);
    writer.integer(edges);
    writer.bytes(ZERO_DIGEST);
    writer.integer(0);
  });
}

function readAll(records: readonly Bytes[]): void {
  const reader = new WorldReader(sha256);
  for (const each of records) reader.take(each);
}

const NODES_AND_EDGES = [PACK, NODE, bucket(1), EDGE, bucket(1)];

test('a snapshot has nodes where nodes belong, and edges where edges do', () => {
  assert.doesNotThrow(() => readAll([...NODES_AND_EDGES, snapshot(0, 1)]));
  assert.doesNotThrow(() => readAll([PACK, NODE, bucket(1), bucket(0), snapshot(0, 1), snapshot(1, 1)]));
  for (const swapped of [snapshot(1, 1), snapshot(0, 0), snapshot(1, 0), snapshot(0, 2)]) {
    assert.throws(() => readAll([...NODES_AND_EDGES, swapped]), { class: 'wrong-type' });
  }
});

test('a bucket holds nodes or edges, not both', () => {
  assert.throws(() => readAll([EDGE, NODE, bucket(2)]), { class: /wrong-type|key-order/ });
  assert.throws(() => readAll([NODE, EDGE, bucket(2)]), { class: /wrong-type|key-order/ });
});
