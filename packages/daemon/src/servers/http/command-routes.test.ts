import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mustSend, refusalOf, sendCommand, type Command } from '@jitos/testkit/servers/command-client.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import type { Command as KernelCommand } from '@jitos/kernel';
import { getNamedType, isObjectType, type GraphQLField, type GraphQLOutputType } from 'graphql';
import { createGraphqlSchema } from '../graphql/schema.ts';
import { COMMANDS } from '../plain/command-table.ts';

const shared = await serveHost();
after(() => shared[Symbol.asyncDispose]());
const { url, host } = shared;

const put = (key: string, v: number): object => ({ op: 'PutNode', data: { kind: 'file', key, set: { v } } });
const sws = (swsId: number | string): object => ({ kind: 'SWS', swsId });
const SDL = 'type File @node(kind: "file", key: "id", open: true) { id: ID! }';
const eventCount = (served: ServedHost): number => served.host.mustGetWorld('main').loop.world.history.size;

/** Empty for a type without fields. Types must not nest without end. */
function wholeSelection(type: GraphQLOutputType, without: readonly string[]): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).filter(({ name }) => !without.includes(name));
  return `{ ${fields.map((field) => `${field.name} ${wholeSelection(field.type, without)}`).join(' ')} }`;
}

/** A mutation that takes its arguments as variables, and asks for all that it answers. */
function wholeMutation({ name, args, type }: GraphQLField<unknown, unknown>, without: readonly string[]): string {
  const variables = args.map((argument) => `$${argument.name}: ${argument.type.toString()}`).join(', ');
  const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  return `mutation(${variables}) { ${name}(${passed}) ${wholeSelection(type, without)} }`;
}

/** Every command, in an order in which each can be carried out, beside what GraphQL is asked for the same. */
const STORY: readonly (readonly [command: Command, variables: Readonly<Record<string, unknown>>])[] = [
  [{ command: 'createSws', meta: { who: 'ada' } }, { input: { meta: { who: 'ada' } } }],
  [
    { command: 'applyRewrite', view: sws(0), ops: [put('a', 1)] },
    { view: sws('0'), rewrite: { ops: [put('a', 1)] } },
  ],
  [{ command: 'createSws' }, {}],
  [
    { command: 'applyRewrite', view: sws('1'), ops: [put('a', 2)] },
    { view: sws('1'), rewrite: { ops: [put('a', 2)] } },
  ],
  [{ command: 'collapseSws', swsId: 0, policy: 'fail-fast' }, { input: { swsId: '0', policy: 'fail-fast' } }],
  [{ command: 'collapseSws', swsId: 1 }, { input: { swsId: '1' } }],
  [{ command: 'rebaseSws', swsId: 1 }, { input: { swsId: '1' } }],
  [
    { command: 'rebaseSws', swsId: 1, policy: 'ours', ops: [put('b', 1)] },
    { input: { swsId: '1', policy: 'ours', ops: [put('b', 1)] } },
  ],
  [{ command: 'collapseBatch', swsIds: [1], order: 'GIVEN' }, { input: { swsIds: ['1'], order: 'GIVEN' } }],
  [{ command: 'undoCollapse', id: 5 }, { input: { id: '5' } }],
  [{ command: 'undoCollapse', id: 8 }, { input: { id: '8' } }],
  [{ command: 'createSws', at: 5 }, { input: { at: '5' } }],
  [{ command: 'discardSws', swsId: 2, reason: 'tried' }, { input: { swsId: '2', reason: 'tried' } }],
  [{ command: 'changeSettings', abortsMax: 7 }, { input: { abortsMax: 7 } }],
  [{ command: 'proposeRulePack', sdl: SDL }, { input: { sdl: SDL } }],
];

test('every command is carried out, and answers what its mutation answers, with its event', async () => {
  await using plain = await serveHost();
  await using graphql = await serveHost();
  const client = GraphqlClient.overHttp(`${graphql.url}/graphql`);
  // Nobody checks what is proposed: it can be withdrawn.
  for (const served of [plain, graphql]) await served.host.mustGetWorld('main').rules.close();
  const both = async (command: Command, variables: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const name = String(command['command']);
    const before = eventCount(plain);
    const { event, ...payload } = await mustSend(plain.url, command);
    const { mutation } = COMMANDS.get(name)!;
    const told = await client.data<Record<string, unknown>>(wholeMutation(mutation, ['proof']), variables);
    assert.deepEqual(payload, told[name], JSON.stringify(command));
    const written = eventCount(plain) > before;
    assert.equal(event !== null, written, name);
    assert.equal(eventCount(plain), eventCount(graphql));
    return event;
  };
  for (const [command, variables] of STORY) await both(command, variables);
  const proposed = plain.host.mustGetWorld('main').loop.world.installation;
  const proposedAt = String(proposed?.proposedIdx);
  await both({ command: 'withdrawRulePack', proposedAt }, { input: { proposedAt } });
  assert.deepEqual(new Set(STORY.map(([{ command }]) => command)).add('withdrawRulePack'), new Set(COMMANDS.keys()));
});

/** Each command of the kernel by its name in the table; null: there is none, for the reason beside it. */
const KERNEL_COMMANDS: Readonly<Record<KernelCommand['type'], string | null>> = {
  createWorkspace: 'createSws',
  applyRewrite: 'applyRewrite',
  collapseWorkspace: 'collapseSws',
  collapseBatch: 'collapseBatch',
  rebaseWorkspace: 'rebaseSws',
  discardWorkspace: 'discardSws',
  changeSettings: 'changeSettings',
  proposeRules: 'proposeRulePack',
  withdrawRules: 'withdrawRulePack',
  advanceClock: null, // the daemon, as time passes
  checkRules: null, // the daemon, after a proposal
  expireWorkspace: null, // the daemon, when nobody has used it for long
  recordCheckpoint: null, // the daemon, as history grows
  changeSigningKey: null, // POST /v1/worlds/<name>/keys, which makes the key
  addGrant: null, // the routes of grants, which check its links
  revokeGrant: null, // likewise
};

test('each command of the kernel is in the table, or is asked for elsewhere', () => {
  const named = Object.values(KERNEL_COMMANDS).filter((name) => name !== null);
  const others = [...COMMANDS.keys()].filter((name) => !named.includes(name));
  assert.deepEqual(
    named.filter((name) => !COMMANDS.has(name)),
    [],
  );
  assert.deepEqual(others, ['undoCollapse'], 'which is several commands');
});

test('each mutation is a command, but for what does not exist yet', () => {
  const mutations = Object.keys(createGraphqlSchema().getMutationType()?.getFields() ?? {});
  assert.deepEqual(
    mutations.filter((name) => !COMMANDS.has(name)),
    ['submitIntent'],
  );
});

test('a retry is answered with the event of the first time; with other arguments it is refused', async () => {
  const command = { command: 'createSws', requestId: 'once', meta: 'note' };
  const first = await mustSend(url, command);
  const size = eventCount(shared);
  assert.deepEqual(await mustSend(url, command), first);
  assert.equal(await refusalOf(url, { ...command, meta: 'other' }), '409 REQUEST_ID_REUSED requestId');
  assert.equal(await refusalOf(url, { ...command, at: 0 }), '409 REQUEST_ID_REUSED requestId');
  const undo = { command: 'createSws', at: 0, requestId: 'turned' };
  const turned = await mustSend(url, undo);
  assert.deepEqual((await mustSend(url, undo))['event'], turned['event']);
  assert.equal(await refusalOf(url, { ...undo, at: 1 }), '409 REQUEST_ID_REUSED requestId');
  assert.equal(eventCount(shared), size + 1);
});

test('what GraphQL has in `meta` stands beside it, and `meta` is kept as it is', async () => {
  const meta = { requestId: 7, validUntil: 'never', any: [{ $bytes: 'AAE=' }, { a: { b: 1.5 } }] };
  const { sws: made } = await mustSend(url, { command: 'createSws', meta });
  assert.deepEqual((made as { meta: unknown }).meta, meta);
  const expired = { command: 'createSws', validUntil: 0 };
  assert.equal(await refusalOf(url, expired), '200 done', 'no tick has passed');
  assert.equal(await refusalOf(url, { ...expired, validUntil: -1 }), '422 VALID_UNTIL_INVALID validUntil');
  assert.equal(await refusalOf(url, { ...expired, requestId: 7 }), '422 REQUEST_ID_INVALID requestId');
  assert.equal(await refusalOf(url, { ...expired, requestId: '' }), '422 REQUEST_ID_INVALID requestId');
});

test('what is wrong is told by its place, and nothing is written', async () => {
  const { sws: made } = await mustSend(url, { command: 'createSws' });
  const view = sws((made as { id: string }).id);
  const size = eventCount(shared);
  const write = (...ops: readonly unknown[]): Command => ({ command: 'applyRewrite', view, ops });
  for (const [command, refusal] of [
    [{}, '422 FORMAT_INVALID command'],
    [{ command: 7 }, '422 FORMAT_INVALID command'],
    [{ command: 'advanceClock', ticks: 1 }, '501 COMMAND_UNKNOWN command'],
    [{ command: 'constructor' }, '501 COMMAND_UNKNOWN command'],
    [{ command: 'createSws', principal: 'world' }, '422 FIELD_UNKNOWN principal'],
    [{ command: 'createSws', from: 1.5 }, '422 FORMAT_INVALID from'],
    [{ command: 'createSws', from: '-1' }, '422 ID_INVALID from'],
    [{ command: 'createSws', from: 0, at: 0 }, '422 FORMAT_INVALID at'],
    [{ command: 'createSws', at: 1e9 }, '404 EVENT_NOT_FOUND at'],
    [{ command: 'applyRewrite', view }, '422 FORMAT_INVALID ops'],
    [{ command: 'applyRewrite', view: null, ops: [] }, '422 FORMAT_INVALID view'],
    [{ command: 'applyRewrite', view: { kind: 'SYSTEM' }, ops: [put('a', 1)] }, '422 SYSTEM_IS_READ_ONLY view'],
    [{ command: 'applyRewrite', view: { kind: 'SWS' }, ops: [] }, '422 VIEW_INVALID view.swsId'],
    [{ command: 'applyRewrite', view: { kind: 'sws', swsId: 0 }, ops: [] }, '422 FORMAT_INVALID view.kind'],
    [write(), '422 OPS_EMPTY ops'],
    [write(put('a', 1), { op: 'Nothing', data: {} }), '501 OP_UNKNOWN ops[1].op'],
    [write({ op: 'PutNode', data: { kind: 'file', key: '', set: {} } }), '422 KEY_INVALID ops[0].data.key'],
    [write({ op: 'DeleteNode', data: { id: 'x' } }), '422 ID_INVALID ops[0].data.id'],
    [{ command: 'collapseSws', swsId: 9999 }, '404 WORKSPACE_NOT_FOUND swsId'],
    [{ command: 'collapseSws', swsId: 0, policy: 'x' }, '422 POLICY_UNKNOWN policy'],
    [{ command: 'collapseSws', swsId: 0, policyId: 2 ** 32 }, '422 FORMAT_INVALID policyId'],
    [{ command: 'collapseBatch', swsIds: [0, 0] }, '422 BATCH_INVALID swsIds[1]'],
    [
      { command: 'rebaseSws', swsId: 0, choices: [{ element: 'x', side: 'OURS' }] },
      '422 ID_INVALID choices[0].element',
    ],
    [{ command: 'undoCollapse', id: 0 }, '404 COLLAPSE_NOT_FOUND id'],
    [{ command: 'changeSettings', abortsMax: 0 }, '422 SETTING_INVALID abortsMax'],
    [{ command: 'proposeRulePack', sdl: 'type' }, '422 RULES_INVALID sdl:1:5'],
  ] as const) {
    assert.equal(await refusalOf(url, command), refusal, JSON.stringify(command));
  }
  assert.equal(eventCount(shared), size);
});

test('a world is asked by its name', async () => {
  await host.createWorld('lab');
  const size = eventCount(shared);
  await mustSend(url, { command: 'createSws' }, '/v1/worlds/lab/commands');
  assert.equal(host.mustGetWorld('lab').loop.world.history.size, 2);
  assert.equal(eventCount(shared), size);
  const { status, told } = await sendCommand(url, { command: 'createSws' }, { path: '/v1/worlds/none/commands' });
  assert.deepEqual([status, told.ok, told.error.reason], [404, false, 'WORLD_NOT_FOUND']);
});

test('a command that nobody waits for is queued, or refused at once', async () => {
  const { loop } = host.mustGetWorld('main');
  const size = eventCount(shared);
  const path = '/v1/commands';
  const queue = async (command: Command, prefer: string): ReturnType<typeof sendCommand> => {
    return await sendCommand(url, command, { path, headers: { prefer } });
  };
  for (const prefer of ['respond-async', 'wait=10, Respond-Async; foo="bar"']) {
    const { status, headers, told } = await queue({ command: 'createSws', requestId: prefer }, prefer);
    assert.deepEqual([status, headers.get('preference-applied')], [202, 'respond-async']);
    assert.deepEqual(told, { ok: true, result: { queued: true } });
  }
  const refused = await queue({ command: 'createSws', from: 'x' }, 'respond-async');
  assert.deepEqual([refused.status, refused.told.error.reason], [422, 'ID_INVALID']);
  assert.equal((await queue({ command: 'createSws' }, 'respond-asynchronously')).status, 200);
  await loop.drain();
  assert.equal(eventCount(shared), size + 3);
  // The retry tells what became of it.
  assert.deepEqual((await mustSend(url, { command: 'createSws', requestId: 'respond-async' }))['event'], {
    id: String(size),
    kind: 'SWS_CREATED',
  });
});
