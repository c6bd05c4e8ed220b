import assert from 'node:assert/strict';
import { VERBS, type GrantTerms } from '../grant/grant.ts';
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
import type { ConflictClass } from '../collapse/conflict.ts';
import type { Range } from '../collapse/footprint.ts';
import type { Side } from '../collapse/policy.ts';
import { breakClass, RULE_NAMES, type RuleBreak } from '../graph/rules/check.ts';
import { sortPatches, type FieldPatch } from '../graph/op.ts';
import { BodyMismatch, decodeEvent, encodeEvent } from './event-codec.ts';
import type { SettingName } from '../view/settings.ts';
import type { BatchOrder, Cause, CollapseMode, CollapseSide, Event, Pins } from './event.ts';

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
  validUntil: fc.option(count),
  grant: fc.option(digest),
});
const settingsOf = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<{ readonly [Name in SettingName]: Value }> =>
  record({
    defaultPolicyId: value,
    openWorkspacesMax: value,
    workspaceOpsMax: value,
    baseAgeSystemChangesMax: value,
    abortsMax: value,
    keyWorkspacesMax: value,
    keyWorkspaceOpsMax: value,
    workspaceIdleTicksMax: value,
    baseAgeTicksMax: value,
  });
const shared = { idx: count, pins, cause };
const terms: fc.Arbitrary<GrantTerms> = record({
  parent: fc.option(digest),
  holder: digest,
  verbs: fc.subarray([...VERBS], { minLength: 1 }),
  kinds: fc.option(fc.subarray(['file', 'next', 'task'], { minLength: 1 })),
  keyPrefix: fc.option(anyBytes({ minLength: 1, maxLength: 8 })),
  until: fc.option(count),
  opsMax: fc.option(count),
  serial: count,
});

const side: fc.Arbitrary<CollapseSide> = record({ digest, nodeCount: count, edgeCount: count });
const range: fc.Arbitrary<Range> = fc.oneof(
  record({ range: fc.constantFrom('node', 'edge'), id: digest }),
  record({ range: fc.constantFrom('nodes', 'edges'), kind: anyText }),
  record({ range: fc.constantFrom('out', 'in'), node: digest, kind: fc.option(anyText) }),
  record({ range: fc.constant('slot'), slot: digest }),
  record({ range: fc.constant('view') }),
);
const patches: fc.Arbitrary<readonly FieldPatch[]> = fc
  .uniqueArray(record({ name: anyText, value: fc.option(anyValue({ nullAllowed: false }).map(encodeValue)) }), {
    selector: ({ name }) => name,
    maxLength: 3,
  })
  .map(sortPatches);
const CLASSES: readonly ConflictClass[] = [
  'both-changed',
  'changed-and-deleted',
  'dangling',
  'expectation',
  'rule',
  'stale-read',
  'unique',
];
const offenders: fc.Arbitrary<readonly RuleBreak[]> = fc.array(
  record({
    element: fc.constantFrom('node', 'edge'),
    id: digest,
    rule: fc.constantFrom(...RULE_NAMES),
    subject: fc.option(anyText),
    other: fc.option(digest),
  }).map((offender) => ({ ...offender, class: breakClass(offender.rule) })),
  { maxLength: 3 },
);

const footprint = fc.option(record({ baseSnapshotId: digest, ranges: fc.array(range, { maxLength: 4 }) }));
const resolutions = fc.array(
  record({ id: digest, takes: fc.oneof(fc.constantFrom<Side[]>('ours', 'theirs'), patches) }),
  { maxLength: 4 },
);

const conflicts = fc.array(
  record({
    element: fc.constantFrom('node', 'edge', 'range'),
    id: digest,
    class: fc.constantFrom(...CLASSES),
    base: fc.option(digest),
    ours: fc.option(digest),
    theirs: fc.option(digest),
    fields: fc.array(anyText, { maxLength: 3 }),
    other: fc.option(digest),
    rule: fc.option(record({ rule: fc.constantFrom(...RULE_NAMES), subject: fc.option(anyText) })),
  }),
  { maxLength: 5 },
);

const events: fc.Arbitrary<Event> = fc.oneof(
  record({
    ...shared,
    kind: fc.constant('WORLD_CREATED'),
    view: fc.constant(null),
    format: count,
    quantumMs: count,
  }),
  record({
    ...shared,
    kind: fc.constant('SWS_CREATED'),
    view: count,
    meta,
    baseSnapshotId: digest,
    parent: fc.option(count),
  }),
  record({
    ...shared,
    kind: fc.constant('SETTINGS_CHANGED'),
    view: fc.constant(null),
    patch: settingsOf(fc.option(count)),
    meta,
    settings: settingsOf(count),
  }),
  record({
    ...shared,
    kind: fc.constant('GRANT_ADDED'),
    view: fc.constant(null),
    grantId: digest,
    terms,
    signature: fc.option(anyBytes({ minLength: 64, maxLength: 64 })),
    meta,
  }),
  record({ ...shared, kind: fc.constant('GRANT_REVOKED'), view: fc.constant(null), grantId: digest, meta }),
  record({
    ...shared,
    kind: fc.constant('ACCESS_DENIED'),
    view: fc.option(count),
    command: anyText,
    verb: fc.constantFrom(...VERBS),
    ops: count,
    written: fc.option(record({ element: fc.constantFrom('node', 'edge'), kind: anyText })),
  }),
  record({ ...shared, kind: fc.constant('CHECKPOINT'), view: fc.constant(null), worldDigest: digest }),
  record({ ...shared, kind: fc.constant('TICK'), view: fc.constant(null), ticks: count, wallMs: count, tick: count }),
  record({
    ...shared,
    kind: fc.constant('RULES_PROPOSED'),
    view: fc.constant(null),
    rulePackId: digest,
    rules: anyBytes({ minLength: 0, maxLength: 40 }),
    migration: fc.array(
      fc.oneof(
        record({ step: fc.constant('drop'), kind: anyText, field: anyText }),
        record({ step: fc.constant('rename'), kind: anyText, field: anyText, newName: anyText }),
        record({
          step: fc.constant('fill'),
          kind: anyText,
          field: anyText,
          value: anyValue({ nullAllowed: false }).map(encodeValue),
        }),
      ),
      { maxLength: 3 },
    ),
    meta,
  }),
  record({
    ...shared,
    kind: fc.constant('RULES_CHECKED'),
    view: fc.constant(null),
    elementCountMax: count,
    turn: record({ element: fc.constantFrom('edge', 'node', 'done'), after: fc.option(digest) }),
    elementCount: count,
    offenders,
    offenderCount: count,
    offendersDigest: fc.option(digest),
  }),
  record({
    ...shared,
    kind: fc.constant('RULES_ACTIVATED'),
    view: fc.constant(null),
    rulePackId: digest,
    proposedIdx: count,
    rulesIdxBefore: count,
    systemDigest: digest,
    systemSnapshotId: digest,
  }),
  record({
    ...shared,
    kind: fc.constant('RULES_REFUSED'),
    view: fc.constant(null),
    rulePackId: digest,
    offenders,
    offenderCount: count,
    offendersDigest: fc.option(digest),
  }),
  record({
    ...shared,
    kind: fc.constant('RULES_WITHDRAWN'),
    view: fc.constant(null),
    rulePackId: digest,
    proposedIdx: count,
    meta,
  }),
  record({
    ...shared,
    kind: fc.constant('SIGNING_KEY_CHANGED'),
    view: fc.constant(null),
    origin: anyText,
    publicKey: digest,
  }),
  record({
    ...shared,
    kind: fc.constant('REBASE'),
    view: count,
    choices: fc.array(record({ id: digest, side: fc.constantFrom<Side[]>('ours', 'theirs') }), { maxLength: 3 }),
    ops: fc.constant([]),
    footprint,
    resolutions,
    meta,
    rewriteIdx: count,
    viewDigest: digest,
    snapshotId: digest,
    target: fc.option(count),
    baseSnapshotId: digest,
    changed: record({ nodes: count, edges: count }),
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
    footprint,
    conflicts,
    conflictCount: count,
    conflictsDigest: fc.option(digest),
    resolutions,
    rewriteIdx: count,
    createdIdx: count,
    target: fc.option(count),
    targetDigest: digest,
    targetSnapshotId: digest,
    base: side,
    ours: side,
    theirs: side,
    changed: fc.option(record({ nodes: count, edges: count })),
  }),
  record({
    ...shared,
    kind: fc.constant('COLLAPSE_BATCH'),
    view: fc.constant(null),
    order: fc.constantFrom<BatchOrder[]>('any', 'given'),
    entries: fc.array(
      record({
        workspace: count,
        createdIdx: count,
        base: side,
        ours: side,
        changed: record({ nodes: count, edges: count }),
        conflictCount: count,
        conflictsDigest: fc.option(digest),
        conflicts,
        resolutions,
      }),
      { maxLength: 4 },
    ),
    meta,
    rewriteIdx: count,
    target: fc.option(count),
    targetDigest: digest,
    targetSnapshotId: digest,
    theirs: side,
    committedCount: count,
    abortedCount: count,
    changed: record({ nodes: count, edges: count }),
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
