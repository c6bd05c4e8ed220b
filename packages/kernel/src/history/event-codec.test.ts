import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { flipByte } from '@jitos/testkit/kernel/bytes.ts';
import { present } from '@jitos/testkit/world/dice.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseBatch,
  collapseWorkspace,
  createWorkspace,
  deleteNode,
  discardWorkspace,
  keyedId,
  putNode,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { ZERO_DIGEST } from '../bytes/digest.ts';
import { conflictsDigest } from '../collapse/conflict.ts';
import { BodyMismatch, decodeEvent, encodeEvent } from './event-codec.ts';
import type { EncodedEvent, Event } from './event.ts';
import { leafHash } from './tree.ts';

/** One history with every kind of event, and both ends of a collapse. */
function everyKind(): readonly EncodedEvent[] {
  const driver = new WorldDriver();
  const A = keyedId('file', 'a');
  driver.run(createWorkspace({ requestId: 'r1', meta: new Map([['why', 'test']]) }));
  driver.run(
    applyRewrite(0, [putNode('file', 'a', { size: 1, gone: null }), addNode('note', utf8('n')), addEdge(A, A, 'owns')]),
  );
  driver.run(createWorkspace());
  driver.run(collapseWorkspace(0, { requestId: 'r2', principal: 'änn' }));
  driver.run(applyRewrite(1, [putNode('file', 'a', { size: 2 }, 'absent')], { meta: ['m', null] }));
  driver.run(collapseWorkspace(1, { policyId: 1, meta: 'again' }));
  driver.run(applyRewrite(1, [deleteNode(A)]));
  driver.run(discardWorkspace(1, { reason: 'no use', requestId: 'r3' }));
  driver.run(createWorkspace());
  driver.run(collapseBatch([2], { meta: 'batch' }));
  return driver.events;
}

const EVENTS = everyKind();

function decode(header: Bytes, body: Bytes): EncodedEvent {
  return decodeEvent(header, body, sha256);
}

test('the history under test has every kind, and an aborted collapse', () => {
  assert.deepEqual(
    EVENTS.map(({ event }) => event.kind),
    [
      'WORLD_CREATED',
      'SWS_CREATED',
      'REWRITE_APPLIED',
      'SWS_CREATED',
      'COLLAPSE',
      'REWRITE_APPLIED',
      'COLLAPSE',
      'REWRITE_APPLIED',
      'DISCARD',
      'SWS_CREATED',
      'COLLAPSE_BATCH',
    ],
  );
  const modes = EVENTS.flatMap(({ event }) => (event.kind === 'COLLAPSE' ? [event.mode] : []));
  assert.deepEqual(modes, ['forward', null]);
});

test('every kind reads back as it was written, and writes the same bytes again', () => {
  for (const encoded of EVENTS) {
    assert.deepEqual(reread(encoded), encoded);
    assert.deepEqual(encodeEvent(reread(encoded).event, sha256), encoded);
  }
});

test('the leaf is that of the header', () => {
  for (const { header, leaf } of EVENTS) assert.equal(leaf, leafHash(header, sha256));
});

/** What a changed event may be: refused by class, refused as another's body, or another event with another leaf. */
function seenThrough(encoded: EncodedEvent, header: Bytes, body: Bytes): boolean {
  try {
    return decode(header, body).leaf !== encoded.leaf;
  } catch (error) {
    return error instanceof CanonicalError || error instanceof BodyMismatch;
  }
}

test('no change of one byte in header or body goes unseen, and none breaks the decoder', () => {
  const masks = [1, 2, 4, 8, 16, 32, 64, 128, 255];
  for (const encoded of EVENTS) {
    const { header, body } = encoded;
    for (const mask of masks) {
      for (let at = 0; at < header.length; at++) assert.ok(seenThrough(encoded, flipByte(header, at, mask), body));
      for (let at = 0; at < body.length; at++) assert.ok(seenThrough(encoded, header, flipByte(body, at, mask)));
    }
  }
});

test('every byte value at every place of a small event is seen', () => {
  const encoded = present(EVENTS[1]);
  for (let mask = 1; mask < 256; mask++) {
    for (let at = 0; at < encoded.header.length; at++) {
      assert.ok(seenThrough(encoded, flipByte(encoded.header, at, mask), encoded.body));
    }
  }
});

test('a cut or a longer header or body is refused', () => {
  for (const { header, body } of EVENTS) {
    assert.throws(() => decode(header.slice(0, -1) as Bytes, body), CanonicalError); // still bytes
    assert.throws(() => decode(header, body.slice(0, -1) as Bytes), CanonicalError); // still bytes
    assert.throws(() => decode((header + '\0') as Bytes, body), CanonicalError); // still bytes
    assert.throws(() => decode(header, (body + '\0') as Bytes), CanonicalError); // still bytes
  }
});

test("another event's body is refused, with the idx", () => {
  const [, , rewrite, , , other] = EVENTS;
  assert.throws(
    () => decode(present(rewrite).header, present(other).body),
    (error) => error instanceof BodyMismatch && error.idx === 2,
  );
});

function rewritten(encoded: EncodedEvent, change: (event: Event) => Event): EncodedEvent {
  return encodeEvent(change(encoded.event), sha256);
}

test('an unknown version, kind, mode or conflict class is refused', () => {
  const [created, , , , collapse, , aborted] = EVENTS.map(present);
  const { header, body } = present(created);
  assert.throws(() => decode(header.replace('\u0089\u0001', '\u0089\u0002') as Bytes, body), CanonicalError); // still bytes
  assert.throws(() => decode(header.replace('WORLD_CREATED', 'WORLD_DELETED') as Bytes, body), CanonicalError); // still bytes
  const odd = { mode: 'sideways', class: 'odd', element: 'path' } as const;
  const oddMode = rewritten(present(collapse), (event) => ({ ...event, mode: odd.mode }) as unknown as Event); // on purpose
  assert.throws(() => decode(oddMode.header, oddMode.body), CanonicalError);
  for (const part of ['class', 'element'] as const) {
    const changed = rewritten(present(aborted), (event) => {
      assert.ok(event.kind === 'COLLAPSE');
      const conflicts = event.conflicts.map((conflict) => ({ ...conflict, [part]: odd[part] }));
      return { ...event, conflicts };
    });
    assert.throws(() => decode(changed.header, changed.body), CanonicalError);
  }
});

test('a view must be there, except for the creation of the world and for a batch', () => {
  const withView = (encoded: EncodedEvent | undefined, view: number | null): EncodedEvent =>
    rewritten(present(encoded), (event) => ({ ...event, view }) as Event); // of the wrong type on purpose
  for (const { header, body } of [withView(EVENTS[0], 0), withView(EVENTS[1], null), withView(EVENTS.at(-1), 0)]) {
    assert.throws(() => decode(header, body), CanonicalError);
  }
});

test('the digest of a conflict set covers each member and their order', () => {
  const conflict = {
    element: 'node',
    id: ZERO_DIGEST,
    class: 'both-changed',
    base: null,
    ours: null,
    theirs: null,
    fields: [],
    other: null,
    rule: null,
  } as const;
  const other = { ...conflict, element: 'edge' } as const;
  const digests = [
    [],
    [conflict],
    [conflict, other],
    [other, conflict],
    [{ ...conflict, base: ZERO_DIGEST }],
    [{ ...conflict, fields: ['a'] }],
  ].map((set) => conflictsDigest(set, sha256));
  assert.equal(new Set(digests).size, digests.length);
});

test('a header is an array of nine in canonical bytes', () => {
  const writer = new CanonicalWriter();
  writer.array(9);
  writer.integer(1);
  writer.integer(0);
  writer.text('WORLD_CREATED');
  writer.null();
  assert.ok(present(EVENTS[0]).header.startsWith(writer.toBytes()));
});
