/**
 * Events in canonical bytes: a header, which the tree commits to, and a body, which the header's digest binds.
 *
 *     header  [v, idx, kind, view, [engine, policyId|null, rulePackId], cause, results, bodyDigest, bodySize]
 *     cause   [principal, requestId|null, commandDigest|null, validUntil|null]            of v 1
 *             [principal, requestId|null, commandDigest|null, validUntil|null, grant|null]  of v 2
 *     view    null, or the workspace's number
 *     bodyDigest = H("event/body") of the body's bytes
 *
 *     kind              results                                                           body
 *     WORLD_CREATED     []                                                                [format, quantumMs]
 *     SWS_CREATED       [baseSnapshotId, parent|null]                                     [meta|null]
 *     REWRITE_APPLIED   [rewriteIdx, viewDigest, snapshotId]                              [[op …], meta|null]
 *     COLLAPSE, COLLAPSE_BATCH  `collapse-codec.ts`
 *     REBASE            [rewriteIdx, viewDigest, snapshotId, target|null, baseSnapshotId,
 *                        nodesChanged, edgesChanged]                                      [[choice …], [op …], footprint|null,
 *                                                                                          [resolution …], meta|null]
 *     DISCARD           [rewriteIdx, createdIdx]                                          [reason|null, meta|null]
 *     CHECKPOINT        [worldDigest]                                                     []
 *     TICK              [tick]                                                            [ticks, wallMs]
 *     SIGNING_KEY_CHANGED  [origin, publicKey]                                            []
 *     SETTINGS_CHANGED  [[value …]]                                                       [[value|null …], meta|null]
 *                       five values each; of v 2 those of later versions, too, where one of them is set
 *     RULES_PROPOSED    [rulePackId]                                                      [pack bytes, migration, meta|null]
 *     RULES_CHECKED     [turn, elementCount, offenderCount, offendersDigest|null]         [elementCountMax, [offender …]]
 *     RULES_ACTIVATED   [rulePackId, proposedIdx, rulesIdxBefore, systemDigest, systemSnapshotId]  []
 *     RULES_REFUSED     [rulePackId, offenderCount, offendersDigest|null]                 [[offender …]]
 *     RULES_WITHDRAWN   [rulePackId, proposedIdx]                                         [meta|null]
 *     GRANT_ADDED       [grantId]                                                         [terms, signature|null, meta|null]
 *     GRANT_REVOKED     [grantId]                                                         [meta|null]
 *     ACCESS_DENIED     [verb]                                                            [command, ops, ["node"|"edge", kind]|null]
 *                       its view is null or the workspace's number
 */
import { unreachable } from '../assert.ts';
import { flatBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { readChoices, writeChoices } from '../collapse/choice.ts';
import { readFootprint, writeFootprint } from '../collapse/footprint.ts';
import { readResolutions, writeResolutions } from '../collapse/resolution.ts';
import { readDigest, readDigestOrNull, readOp, writeOp } from '../graph/op-codec.ts';
import type { Op } from '../graph/op.ts';
import { readTerms, writeTerms } from '../grant/grant.ts';
import { DEFAULT_SETTINGS, EMPTY_PATCH, FROZEN_SETTINGS_COUNT, toldSettings } from '../view/settings.ts';
import { readSettings, writeSettings } from '../view/settings-codec.ts';
import { writeMigration, writeOffenders, writeTurn } from '../graph/rules/installation-codec.ts';
import {
  readBatchEntries,
  readBatchResults,
  readCollapseBody,
  readCollapseResults,
  writeBatchEntries,
  writeBatchResults,
  writeCollapseBody,
  writeCollapseResults,
} from './collapse-codec.ts';
import type { Cause, EncodedEvent, Event, EventKind, EventVersion, Pins } from './event.ts';
import { isRulesKind, readRulesEvent } from './rules-codec.ts';
import { readMeta, writeMeta } from './meta-codec.ts';
import { readDenialBody, readVerb, writeDenialBody } from './grant-codec.ts';
import { leafHash } from './tree.ts';

const bodyWriter = new CanonicalWriter();
const headerWriter = new CanonicalWriter();

export function encodeEvent(event: Event, sha256: Sha256): EncodedEvent {
  bodyWriter.reset();
  writeBody(bodyWriter, event);
  const body = flatBytes(bodyWriter.toBytes()); // put together once, not by the hash and by the log again
  headerWriter.reset();
  writeHeader(headerWriter, event, taggedHash('event/body', body, sha256), body.length);
  const header = flatBytes(headerWriter.toBytes());
  return { event, header, body, leaf: leafHash(header, sha256) };
}

/** The first version that can tell the event. */
function versionOf(event: Event): EventVersion {
  if (event.cause.grant !== null) return 2;
  if (event.kind !== 'SETTINGS_CHANGED') return 1;
  const isFrozen =
    toldSettings(event.settings, DEFAULT_SETTINGS).length === FROZEN_SETTINGS_COUNT &&
    toldSettings(event.patch, EMPTY_PATCH).length === FROZEN_SETTINGS_COUNT;
  return isFrozen ? 1 : 2;
}

function writeHeader(writer: CanonicalWriter, event: Event, digest: Digest, bodySize: number): void {
  const version = versionOf(event);
  writer.array(9);
  writer.integer(version);
  writer.integer(event.idx);
  writer.text(event.kind);
  writer.integerOrNull(event.view);
  writer.array(3);
  writer.integer(event.pins.engine);
  writer.integerOrNull(event.pins.policyId);
  writer.bytes(event.pins.rulePackId);
  writer.array(version === 1 ? 4 : 5);
  writer.text(event.cause.principal);
  writer.textOrNull(event.cause.requestId);
  writer.bytesOrNull(event.cause.commandDigest);
  writer.integerOrNull(event.cause.validUntil);
  if (version === 2) writer.bytesOrNull(event.cause.grant);
  writeResults(writer, event);
  writer.bytes(digest);
  writer.integer(bodySize);
}

function writeResults(writer: CanonicalWriter, event: Event): void {
  switch (event.kind) {
    case 'WORLD_CREATED':
      return writer.array(0);
    case 'SWS_CREATED':
      writer.array(2);
      writer.bytes(event.baseSnapshotId);
      return writer.integerOrNull(event.parent);
    case 'REWRITE_APPLIED':
      writer.array(3);
      writer.integer(event.rewriteIdx);
      writer.bytes(event.viewDigest);
      return writer.bytes(event.snapshotId);
    case 'COLLAPSE':
      return writeCollapseResults(writer, event);
    case 'COLLAPSE_BATCH':
      return writeBatchResults(writer, event);
    case 'REBASE':
      writer.array(7);
      writer.integer(event.rewriteIdx);
      writer.bytes(event.viewDigest);
      writer.bytes(event.snapshotId);
      writer.integerOrNull(event.target);
      writer.bytes(event.baseSnapshotId);
      writer.integer(event.changed.nodes);
      return writer.integer(event.changed.edges);
    case 'DISCARD':
      writer.array(2);
      writer.integer(event.rewriteIdx);
      return writer.integer(event.createdIdx);
    case 'CHECKPOINT':
      writer.array(1);
      return writer.bytes(event.worldDigest);
    case 'TICK':
      writer.array(1);
      return writer.integer(event.tick);
    case 'SIGNING_KEY_CHANGED':
      writer.array(2);
      writer.text(event.origin);
      return writer.bytes(event.publicKey);
    case 'SETTINGS_CHANGED':
      writer.array(1);
      return writeSettings(writer, event.settings, DEFAULT_SETTINGS);
    case 'RULES_PROPOSED':
      writer.array(1);
      return writer.bytes(event.rulePackId);
    case 'RULES_CHECKED':
      writer.array(4);
      writeTurn(writer, event.turn);
      writer.integer(event.elementCount);
      writer.integer(event.offenderCount);
      return writer.bytesOrNull(event.offendersDigest);
    case 'RULES_ACTIVATED':
      writer.array(5);
      writer.bytes(event.rulePackId);
      writer.integer(event.proposedIdx);
      writer.integer(event.rulesIdxBefore);
      writer.bytes(event.systemDigest);
      return writer.bytes(event.systemSnapshotId);
    case 'RULES_REFUSED':
      writer.array(3);
      writer.bytes(event.rulePackId);
      writer.integer(event.offenderCount);
      return writer.bytesOrNull(event.offendersDigest);
    case 'RULES_WITHDRAWN':
      writer.array(2);
      writer.bytes(event.rulePackId);
      return writer.integer(event.proposedIdx);
    case 'GRANT_ADDED':
    case 'GRANT_REVOKED':
      writer.array(1);
      return writer.bytes(event.grantId);
    case 'ACCESS_DENIED':
      writer.array(1);
      return writer.text(event.verb);
    default:
      return unreachable(event);
  }
}

function writeBody(writer: CanonicalWriter, event: Event): void {
  switch (event.kind) {
    case 'WORLD_CREATED':
      writer.array(2);
      writer.integer(event.format);
      return writer.integer(event.quantumMs);
    case 'SWS_CREATED':
      writer.array(1);
      return writeMeta(writer, event.meta);
    case 'REWRITE_APPLIED':
      writer.array(2);
      writeOps(writer, event.ops);
      return writeMeta(writer, event.meta);
    case 'COLLAPSE':
      writer.array(4);
      writeCollapseBody(writer, event);
      return writeMeta(writer, event.meta);
    case 'COLLAPSE_BATCH':
      writer.array(2);
      writeBatchEntries(writer, event.entries);
      return writeMeta(writer, event.meta);
    case 'REBASE':
      writer.array(5);
      writeChoices(writer, event.choices);
      writeOps(writer, event.ops);
      writeFootprint(writer, event.footprint);
      writeResolutions(writer, event.resolutions);
      return writeMeta(writer, event.meta);
    case 'DISCARD':
      writer.array(2);
      writer.textOrNull(event.reason);
      return writeMeta(writer, event.meta);
    case 'RULES_PROPOSED':
      writer.array(3);
      writer.bytes(event.rules);
      writeMigration(writer, event.migration);
      return writeMeta(writer, event.meta);
    case 'RULES_CHECKED':
      writer.array(2);
      writer.integer(event.elementCountMax);
      return writeOffenders(writer, event.offenders);
    case 'RULES_REFUSED':
      writer.array(1);
      return writeOffenders(writer, event.offenders);
    case 'TICK':
      writer.array(2);
      writer.integer(event.ticks);
      return writer.integer(event.wallMs);
    case 'RULES_WITHDRAWN':
    case 'GRANT_REVOKED':
      writer.array(1);
      return writeMeta(writer, event.meta);
    case 'GRANT_ADDED':
      writer.array(3);
      writeTerms(writer, event.terms);
      writer.bytesOrNull(event.signature);
      return writeMeta(writer, event.meta);
    case 'ACCESS_DENIED':
      return writeDenialBody(writer, event);
    case 'CHECKPOINT':
    case 'SIGNING_KEY_CHANGED':
    case 'RULES_ACTIVATED':
      return writer.array(0);
    case 'SETTINGS_CHANGED':
      writer.array(2);
      writeSettings(writer, event.patch, EMPTY_PATCH);
      return writeMeta(writer, event.meta);
    default:
      return unreachable(event);
  }
}

export function writeOps(writer: CanonicalWriter, ops: readonly Op[]): void {
  writer.array(ops.length);
  for (const op of ops) writeOp(writer, op);
}

/** What every header begins with. */
export interface Header {
  readonly version: EventVersion;
  readonly idx: number;
  readonly kind: EventKind;
  readonly view: number | null;
  readonly pins: Pins;
  readonly cause: Cause;
}

/**
 * Decodes an event and checks its body against its header. Throws a `CanonicalError` for anything that `encodeEvent`
 * does not write, and `BodyMismatch` if the body is another's.
 */
export function decodeEvent(header: Bytes, body: Bytes, sha256: Sha256): EncodedEvent {
  const reader = new CanonicalReader(header);
  const head = readHead(reader);
  const { idx } = head;
  const bodyReader = new CanonicalReader(body);
  const event = readEvent(head, reader, bodyReader);
  if (head.version !== versionOf(event)) throw new CanonicalError('wrong-type', 0);
  bodyReader.end();
  const digest = readDigest(reader);
  const bodySize = reader.count();
  reader.end();
  if (bodySize !== body.length || digest !== taggedHash('event/body', body, sha256)) throw new BodyMismatch(idx);
  return { event, header, body, leaf: leafHash(header, sha256) };
}

/** Reads a header up to its results. Throws a `CanonicalError`. */
export function readHead(reader: CanonicalReader): Header {
  reader.arrayOf(9);
  const start = reader.offset;
  const version = reader.count();
  if (version !== 1 && version !== 2) throw new CanonicalError('wrong-type', start);
  const idx = reader.count();
  const kind = readKind(reader);
  const view = reader.countOrNull();
  return { version, idx, kind, view, pins: readPins(reader), cause: readCause(reader, version) };
}

/** Thrown when a body is not the one that its header binds. */
export class BodyMismatch extends Error {
  override readonly name = 'BodyMismatch';
  readonly idx: number;

  constructor(idx: number) {
    super(`the body of event ${idx} is not the one its header binds`);
    this.idx = idx;
  }
}

const EVENT_KINDS: readonly string[] = [
  'WORLD_CREATED',
  'SWS_CREATED',
  'REWRITE_APPLIED',
  'COLLAPSE',
  'COLLAPSE_BATCH',
  'REBASE',
  'DISCARD',
  'CHECKPOINT',
  'TICK',
  'SIGNING_KEY_CHANGED',
  'SETTINGS_CHANGED',
  'RULES_PROPOSED',
  'RULES_CHECKED',
  'RULES_ACTIVATED',
  'RULES_REFUSED',
  'RULES_WITHDRAWN',
  'GRANT_ADDED',
  'GRANT_REVOKED',
  'ACCESS_DENIED',
] satisfies EventKind[];

function readKind(reader: CanonicalReader): EventKind {
  const start = reader.offset;
  const kind = reader.text();
  if (!EVENT_KINDS.includes(kind)) throw new CanonicalError('wrong-type', start);
  return kind as EventKind; // it is in the list of them
}

function readPins(reader: CanonicalReader): Pins {
  reader.arrayOf(3);
  const engine = reader.count();
  const policyId = reader.countOrNull();
  return { engine, policyId, rulePackId: readDigest(reader) };
}

function readCause(reader: CanonicalReader, version: EventVersion): Cause {
  reader.arrayOf(version === 1 ? 4 : 5);
  return {
    principal: reader.text(),
    requestId: reader.textOrNull(),
    commandDigest: readDigestOrNull(reader),
    validUntil: reader.countOrNull(),
    grant: version === 1 ? null : readDigestOrNull(reader),
  };
}

/** The readers run in the order of the bytes: object literals evaluate their properties as they are written. */
function readEvent(head: Header, results: CanonicalReader, body: CanonicalReader): Event {
  const { idx, pins, cause } = head;
  if (isRulesKind(head.kind)) {
    if (head.view !== null) throw new CanonicalError('wrong-type', results.offset);
    return readRulesEvent(head.kind, { idx, view: null, pins, cause }, results, body);
  }
  if (
    head.kind === 'WORLD_CREATED' ||
    head.kind === 'COLLAPSE_BATCH' ||
    head.kind === 'CHECKPOINT' ||
    head.kind === 'TICK' ||
    head.kind === 'SIGNING_KEY_CHANGED' ||
    head.kind === 'SETTINGS_CHANGED' ||
    head.kind === 'GRANT_ADDED' ||
    head.kind === 'GRANT_REVOKED'
  ) {
    if (head.view !== null) throw new CanonicalError('wrong-type', results.offset);
    const base = { idx, view: null, pins, cause };
    switch (head.kind) {
      case 'WORLD_CREATED':
        results.arrayOf(0);
        body.arrayOf(2);
        return { kind: head.kind, ...base, format: body.count(), quantumMs: body.count() };
      case 'COLLAPSE_BATCH':
        body.arrayOf(2);
        return {
          kind: head.kind,
          ...base,
          ...readBatchResults(results),
          entries: readBatchEntries(body),
          meta: readMeta(body),
        };
      case 'GRANT_ADDED':
        results.arrayOf(1);
        body.arrayOf(3);
        return {
          kind: head.kind,
          ...base,
          grantId: readDigest(results),
          terms: readTerms(body),
          signature: body.bytesOrNull(),
          meta: readMeta(body),
        };
      case 'GRANT_REVOKED':
        results.arrayOf(1);
        body.arrayOf(1);
        return { kind: head.kind, ...base, grantId: readDigest(results), meta: readMeta(body) };
      case 'CHECKPOINT':
        results.arrayOf(1);
        body.arrayOf(0);
        return { kind: head.kind, ...base, worldDigest: readDigest(results) };
      case 'TICK':
        results.arrayOf(1);
        body.arrayOf(2);
        return { kind: head.kind, ...base, ticks: body.count(), wallMs: body.count(), tick: results.count() };
      case 'SIGNING_KEY_CHANGED':
        results.arrayOf(2);
        body.arrayOf(0);
        // A key is as long as a digest.
        return { kind: head.kind, ...base, origin: results.text(), publicKey: readDigest(results) };
      case 'SETTINGS_CHANGED': {
        results.arrayOf(1);
        body.arrayOf(2);
        const patch = readSettings(body, () => body.countOrNull(), EMPTY_PATCH);
        const meta = readMeta(body);
        const settings = readSettings(results, () => results.count(), DEFAULT_SETTINGS);
        return { kind: head.kind, ...base, patch, meta, settings };
      }
    }
  }
  const view = head.view;
  if (head.kind === 'ACCESS_DENIED') {
    results.arrayOf(1);
    return { kind: head.kind, idx, view, pins, cause, ...readDenialBody(body), verb: readVerb(results) };
  }
  if (view === null) throw new CanonicalError('wrong-type', results.offset);
  switch (head.kind) {
    case 'SWS_CREATED': {
      results.arrayOf(2);
      const baseSnapshotId = readDigest(results);
      const parent = results.countOrNull();
      body.arrayOf(1);
      return { kind: head.kind, idx, view, pins, cause, meta: readMeta(body), baseSnapshotId, parent };
    }
    case 'REWRITE_APPLIED': {
      results.arrayOf(3);
      body.arrayOf(2);
      const ops = readOps(body);
      const meta = readMeta(body);
      const rewriteIdx = results.count();
      const viewDigest = readDigest(results);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        ops,
        meta,
        rewriteIdx,
        viewDigest,
        snapshotId: readDigest(results),
      };
    }
    case 'COLLAPSE': {
      body.arrayOf(4);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        ...readCollapseResults(results),
        ...readCollapseBody(body),
        meta: readMeta(body),
      };
    }
    case 'REBASE':
      results.arrayOf(7);
      body.arrayOf(5);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        choices: readChoices(body),
        ops: readOps(body),
        footprint: readFootprint(body),
        resolutions: readResolutions(body),
        meta: readMeta(body),
        rewriteIdx: results.count(),
        viewDigest: readDigest(results),
        snapshotId: readDigest(results),
        target: results.countOrNull(),
        baseSnapshotId: readDigest(results),
        changed: { nodes: results.count(), edges: results.count() },
      };
    case 'DISCARD': {
      results.arrayOf(2);
      body.arrayOf(2);
      const reason = body.textOrNull();
      const meta = readMeta(body);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        reason,
        meta,
        rewriteIdx: results.count(),
        createdIdx: results.count(),
      };
    }
  }
}

function readOps(reader: CanonicalReader): Op[] {
  const ops: Op[] = [];
  for (let left = reader.array(); left > 0; left--) ops.push(readOp(reader));
  return ops;
}
