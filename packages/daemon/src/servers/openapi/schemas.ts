/** What the routes outside GraphQL take and answer, as JSON Schemas; `docs/spec/http.md` says what it means. */
import { VERBS } from '@jitos/kernel';
import { REGISTRY } from '../../errors/registry.ts';
import { orNull, type JsonSchema } from '../plain/json-schema.ts';
import { refTo } from './graphql-schemas.ts';

const TEXT: JsonSchema = { type: 'string' };
const NUMBER: JsonSchema = { type: 'number', minimum: 0 };
export const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
export const HASH: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const WORLD_NAME: JsonSchema = { type: 'string', pattern: '^[a-z0-9-]{1,63}$' };

/** An object with these members, all of them there, and no other. */
export function exactly(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

const reasons = Object.keys(REGISTRY).toSorted();
const families = [...new Set(Object.values(REGISTRY).map(({ family }) => family))].toSorted();

const ERROR = exactly({
  reason: { type: 'string', enum: reasons },
  code: { type: 'string', enum: families },
  place: { ...TEXT, description: 'A path in the request, or empty.' },
  detail: { ...TEXT, description: 'For people; it may change.' },
  advice: TEXT,
  retry: { type: 'string', enum: ['never', 'later'] },
});

/** Of a grant: docs/spec/authority.md. */
const TERMS: Readonly<Record<string, JsonSchema>> = {
  parent: orNull(HASH),
  holder: HASH,
  verbs: listOf({ enum: VERBS }),
  kinds: orNull(listOf(TEXT)),
  keyPrefix_b64: orNull(TEXT),
  until: orNull(COUNT),
  opsMax: orNull(COUNT),
  serial: COUNT,
};

export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: ERROR,
  Failure: exactly({ ok: { const: false }, error: refTo('Error') }),
  Health: exactly({ status: { const: 'ok' }, pid: COUNT }),
  Illness: exactly({ ok: { const: false }, error: refTo('Error'), pid: COUNT }),
  Readiness: exactly({ status: { const: 'ready' }, pid: COUNT, worlds: COUNT }),
  Unreadiness: exactly({
    ok: { const: false },
    error: refTo('Error'),
    pid: COUNT,
    unready: { type: 'array', items: exactly({ reason: TEXT, place: TEXT, detail: TEXT }) },
  }),
  Challenge: exactly({ challenge: TEXT, expiresInSeconds: COUNT }),
  Session: exactly({ token: TEXT, principal: TEXT, expiresInSeconds: COUNT }),
  World: exactly({
    name: WORLD_NAME,
    digest: HASH,
    snapshotId: HASH,
    idx: COUNT,
    rewriteCount: COUNT,
    openWorkspaces: COUNT,
    nodeCount: COUNT,
    edgeCount: COUNT,
    eventsPerSecond: NUMBER,
  }),
  Worlds: exactly({ worlds: listOf(refTo('World')) }),
  ArchiveReport: exactly({
    archive: TEXT,
    segments: COUNT,
    sizeBytes: COUNT,
    firstIdx: COUNT,
    baseIdx: orNull(COUNT),
  }),
  Keys: exactly({
    publicKey: TEXT,
    firstPublicKey: TEXT,
    handovers: listOf(exactly({ idx: COUNT, publicKey: TEXT, proof: TEXT })),
  }),
  GrantTerms: {
    ...exactly(TERMS),
    required: ['holder', 'verbs'],
  },
  Grants: exactly({
    worldKey: HASH,
    grants: listOf(exactly({ id: HASH, ...TERMS, addedIdx: COUNT, opsSpent: COUNT, revokedIdx: orNull(COUNT) })),
  }),
  Import: exactly({
    id: COUNT,
    world: WORLD_NAME,
    repository: TEXT,
    state: { type: 'string', enum: ['running', 'done', 'failed'] },
    commitsDone: COUNT,
    commitsTotal: orNull(COUNT),
    commitsImported: COUNT,
    commitsPerSecond: NUMBER,
    eventsPerSecond: NUMBER,
    digest: orNull(HASH),
    error: orNull(exactly({ reason: TEXT, place: TEXT, detail: TEXT })),
  }),
  Imports: exactly({ imports: listOf(refTo('Import')) }),
  Overview: exactly({
    version: TEXT,
    worlds: listOf(refTo('World')),
    world: WORLD_NAME,
    rewrites: listOf(
      exactly({
        rewriteIdx: COUNT,
        idx: COUNT,
        kind: TEXT,
        view: { type: 'string', pattern: '^(system|sws:[0-9]+)$' },
        opCount: COUNT,
        ops: { type: 'object', additionalProperties: COUNT },
        outcome: {
          type: ['string', 'null'],
          enum: ['forward', 'merged', 'aborted', 'rebased', 'discarded', null],
        },
      }),
    ),
  }),
  Proof: { type: 'object', description: 'A proof file: docs/spec/proofs.md.', additionalProperties: true },
  WrittenEvent: {
    ...exactly({ id: { type: 'string', pattern: '^[0-9]+$' }, kind: TEXT }),
    description: 'What a command wrote: its idx in the history, and its kind.',
  },
  Queued: exactly({ queued: { const: true } }),
  GraphqlRequest: {
    type: 'object',
    properties: {
      query: TEXT,
      variables: { type: ['object', 'null'], additionalProperties: true },
      operationName: { type: ['string', 'null'] },
      extensions: { type: ['object', 'null'], additionalProperties: true },
    },
    required: ['query'],
  },
  GraphqlAnswer: {
    type: 'object',
    description: 'docs/spec/graphql.md',
    properties: {
      data: { type: ['object', 'null'], additionalProperties: true },
      errors: listOf({
        type: 'object',
        properties: { message: TEXT, extensions: { type: 'object', additionalProperties: true } },
        required: ['message', 'extensions'],
        additionalProperties: true,
      }),
      extensions: { type: 'object', additionalProperties: true },
    },
    additionalProperties: false,
  },
};
