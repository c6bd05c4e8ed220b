import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { ZERO_DIGEST } from '../bytes/digest.ts';
import { trieCount } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import { WorldReader } from './world-reader.ts';
import { RECORD, worldRecords } from './world-records.ts';

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

test('what forks remember of their workspace is written once, and shared when it is read back', () => {
  const driver = new WorldDriver();
  const keys = Array.from({ length: 40 }, (_, i) => `f${i}`);
  const parent = driver.fork(...keys.map((key) => putNode('file', key, {}, 'absent')));
  for (let i = 0; i < 3; i++) driver.must('SWS_CREATED', createWorkspace({ from: parent }));
  const records = [...worldRecords(driver.world)].flat();
  const expectations = records.filter((each) => each.charCodeAt(1) === RECORD.expectation);
  assert.equal(expectations.length, keys.length);
  const reader = new WorldReader(sha256);
  for (const each of records) reader.take(each);
  const [own, ...forks] = trieEntries(reader.world!.workspaces).map(({ value }) => value); // it has been read
  assert.equal(trieCount(own!.expected), keys.length);
  for (const { parentAtFork } of forks) assert.ok(parentAtFork?.expected === own!.expected);
});

test('no expectation stands where none belongs', () => {
  const expectation = record((writer) => {
    writer.array(4);
    writer.integer(RECORD.expectation);
    writer.text('node');
    writer.bytes(ZERO_DIGEST);
    writer.null();
  });
  const workspace = record((writer) => {
    writer.array(14);
    for (const number of [RECORD.workspace, 0, 1, 0]) writer.integer(number);
    writer.null();
    writer.integer(0);
    for (let i = 0; i < 3; i++) writer.null();
    for (const number of [0, 0, 1]) writer.integer(number);
    for (let i = 0; i < 2; i++) writer.null();
  });
  const before = [PACK, NODE, bucket(1), bucket(0), snapshot(0, 1)];
  assert.doesNotThrow(() => readAll([...before, workspace]));
  assert.throws(() => readAll([...before, expectation, workspace]), { class: 'wrong-type' });
  assert.throws(() => readAll([PACK, expectation, bucket(1), bucket(0), snapshot(0, 1)]), { class: 'wrong-type' });
});

test('a bucket holds nodes or edges, not both', () => {
  assert.throws(() => readAll([EDGE, NODE, bucket(2)]), { class: /wrong-type|key-order/ });
  assert.throws(() => readAll([NODE, EDGE, bucket(2)]), { class: /wrong-type|key-order/ });
});
