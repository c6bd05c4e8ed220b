import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import {
  addNode,
  applyRewrite,
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { encodeValue } from '../bytes/value.ts';
import type { RefusalReason } from '../refusal.ts';
import {
  commandDigest,
  commandProblem,
  META_SIZE_MAX,
  NAME_SIZE_MAX,
  REASON_SIZE_MAX,
  type Command,
} from './command.ts';

function refusedAs(reason: RefusalReason, place: string, command: Command): void {
  const problem = commandProblem(command);
  assert.deepEqual([problem?.reason, problem?.place], [reason, place]);
}

function fits(command: Command): void {
  assert.equal(commandProblem(command), undefined);
}

test('a request id has 1–256 bytes of UTF-8', () => {
  fits(createWorkspace({ requestId: 'é'.repeat(NAME_SIZE_MAX / 2) }));
  for (const requestId of ['', 'é'.repeat(NAME_SIZE_MAX / 2) + 'x', '\ud800']) {
    refusedAs('REQUEST_ID_INVALID', 'meta.requestId', createWorkspace({ requestId }));
  }
});

test('meta has at most 64 KiB and is no encoded null, which would read back as absent', () => {
  // The head of a text this long has three bytes.
  const sized = (size: number): Command => ({ ...createWorkspace(), meta: encodeValue('x'.repeat(size - 3)) });
  fits(sized(META_SIZE_MAX));
  refusedAs('META_INVALID', 'meta', sized(META_SIZE_MAX + 1));
  refusedAs('META_INVALID', 'meta', createWorkspace({ meta: null }));
  fits(createWorkspace({ meta: [null] }));
});

test('a reason has at most 1,024 bytes of UTF-8', () => {
  fits(discardWorkspace(0, { reason: '' }));
  fits(discardWorkspace(0, { reason: 'x'.repeat(REASON_SIZE_MAX) }));
  refusedAs('META_INVALID', 'reason', discardWorkspace(0, { reason: 'x'.repeat(REASON_SIZE_MAX + 1) }));
  refusedAs('META_INVALID', 'reason', discardWorkspace(0, { reason: '\udc00' }));
});

test('numbers that count nothing name no workspace and no policy', () => {
  for (const number of [-1, 1.5, 2 ** 53, NaN, Infinity]) {
    refusedAs('WORKSPACE_NOT_FOUND', 'view', applyRewrite(number, [addNode('note')]));
    refusedAs('WORKSPACE_NOT_FOUND', 'workspace', collapseWorkspace(number));
    refusedAs('WORKSPACE_NOT_FOUND', 'workspace', discardWorkspace(number));
    refusedAs('POLICY_UNKNOWN', 'policyId', collapseWorkspace(0, { policyId: number }));
  }
});

test('what is out of bounds is refused before it is hashed, with a request id or without', () => {
  for (const options of [{}, { requestId: 'r' }]) {
    refusedAs('OPS_EMPTY', 'ops', applyRewrite(0, [], options));
    refusedAs('KIND_INVALID', 'ops[0].kind', applyRewrite(0, [addNode('\ud800')], options));
    refusedAs(
      'FIELD_INVALID',
      'ops[0].fields.\ud800',
      applyRewrite(0, [putNode('file', 'a', { '\ud800': 1 })], options),
    );
  }
});

test('the digest covers everything that a command asks for, and nothing else', () => {
  const note = addNode('note');
  const commands: Command[] = [
    createWorkspace(),
    createWorkspace({ principal: 'other' }),
    createWorkspace({ meta: 1 }),
    applyRewrite(0, [note]),
    applyRewrite(1, [note]),
    applyRewrite('system', [note]),
    applyRewrite(0, [note, note]),
    applyRewrite(0, [note], { meta: 1 }),
    collapseWorkspace(0),
    collapseWorkspace(1),
    collapseWorkspace(0, { policyId: 1 }),
    discardWorkspace(0),
    discardWorkspace(1),
    discardWorkspace(0, { reason: '' }),
  ];
  const digests = new Set(commands.map((command) => commandDigest(command, sha256)));
  assert.equal(digests.size, commands.length);
  assert.equal(
    commandDigest(createWorkspace({ requestId: 'a' }), sha256),
    commandDigest(createWorkspace({ requestId: 'b' }), sha256),
  );
});
