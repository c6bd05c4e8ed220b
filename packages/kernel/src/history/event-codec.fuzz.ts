import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { anyBytes, flipByte } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyText, anyValue } from '@jitos/testkit/kernel/values.ts';
import { pick, present, tapeDice } from '@jitos/testkit/world/dice.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { reread } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import { bytesToDigest, type Digest } from '../bytes/digest.ts';
import { encodeValue } from '../bytes/value.ts';
import { BodyMismatch, decodeEvent, encodeEvent } from './event-codec.ts';
import type { Cause, CollapseMode, Event, Pins } from './event.ts';

/** Plain objects, as the decoder makes them. */
function record<T>(parts: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(parts, { noNullPrototype: true });
}

const digest: fc.Arbitrary<Digest> = anyBytes({ minLength: 32, maxLength: 32 }).map(bytesToDigest);
const count = fc.maxSafeNat();
const meta = fc.option(
  anyValue({ nullAllowed: true })
    .filter((value) => value !== null)
    .map(encodeValue),
);
const pins: fc.Arbitrary<Pins> = record({ engine: count, policyId: fc.option(count), rulePackId: digest });
const cause: fc.Arbitrary<Cause> = record({
  principal: anyText,
  requestId: fc.option(anyText),
  commandDigest: fc.option(digest),
});
const shared = { idx: count, pins, cause };

const events: fc.Arbitrary<Event> = fc.oneof(
  record({
    ...shared,
    kind: fc.constant('WORLD_CREATED'),
    view: fc.constant(null),
    format: count,
    quantumMs: count,
  }),
  record({ ...shared, kind: fc.constant('SWS_CREATED'), view: count, meta, baseSnapshotId: digest }),
  record({ ...shared, kind: fc.constant('CHECKPOINT'), view: fc.constant(null), worldDigest: digest }),
  record({
    ...shared,
    kind: fc.constant('SIGNING_KEY_CHANGED'),
    view: fc.constant(null),
    origin: anyText,
    publicKey: digest,
  }),
  record({
    ...shared,
    kind: fc.constant('DISCARD'),
    view: count,
    reason: fc.option(anyText),
    meta,
    rewriteIdx: count,
    createdIdx: count,
  }),
  record({
    ...shared,
    kind: fc.constant('COLLAPSE'),
    view: count,
    mode: fc.constantFrom<(CollapseMode | null)[]>('forward', 'merged', null),
    meta,
    conflicts: fc.array(
      record({
        element: fc.constantFrom('node', 'edge'),
        id: digest,
        class: fc.constantFrom('both-changed', 'changed-and-deleted', 'dangling'),
        base: fc.option(digest),
        ours: fc.option(digest),
        theirs: fc.option(digest),
      }),
      { maxLength: 5 },
    ),
    conflictCount: count,
    conflictsDigest: fc.option(digest),
    rewriteIdx: count,
    createdIdx: count,
    systemDigest: digest,
    systemSnapshotId: digest,
  }),
);

law('events of any contents read back as they were written', {
  inputs: events,
  runs: 300,
  holds: (event) => {
    const encoded = encodeEvent(event, sha256);
    assert.deepEqual(reread(encoded), encoded);
  },
});

const tapes = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 800, size: 'max' });

law('events of generated histories read back, and a changed byte never passes', {
  inputs: fc.record({ tape: tapes, at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }),
  runs: 150,
  holds: ({ tape, at, mask }) => {
    const dice = tapeDice(tape);
    const encoded = pick(dice, runScript(dice, 20).driver.events);
    assert.deepEqual(reread(encoded), encoded);
    const all = encoded.header + encoded.body;
    const changed = flipByte(all, at % all.length, mask);
    const header = changed.slice(0, encoded.header.length) as Bytes; // still bytes
    const body = changed.slice(encoded.header.length) as Bytes; // still bytes
    try {
      assert.notEqual(decodeEvent(header, body, sha256).leaf, encoded.leaf);
    } catch (error) {
      assert.ok(error instanceof CanonicalError || error instanceof BodyMismatch, String(error));
    }
  },
});

law('any bytes are refused with a class, or are an event that writes those bytes', {
  inputs: fc.record({ tape: tapes, header: anyBytes({ minLength: 0, maxLength: 200 }), cut: fc.nat() }),
  runs: 300,
  holds: ({ tape, header, cut }) => {
    const dice = tapeDice(tape);
    const encoded = present(runScript(dice, 6).driver.events.at(-1));
    const mixed = (encoded.header.slice(0, cut % encoded.header.length) + header) as Bytes; // bytes before bytes
    try {
      const decoded = decodeEvent(mixed, encoded.body, sha256);
      assert.equal(encodeEvent(decoded.event, sha256).header, decoded.header);
    } catch (error) {
      assert.ok(error instanceof CanonicalError || error instanceof BodyMismatch, String(error));
    }
  },
});
