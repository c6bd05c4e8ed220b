import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../errors/failure.ts';
import { manifestText } from '../logs/file/canonical-json.ts';
import { parsePatch, patchText, withoutExpectation, type Patch, type PatchSide } from './patch-file.ts';

const SIDE: PatchSide = { view: 'sws:3', at: 7, digest: 'ab'.repeat(32), snapshotId: 'cd'.repeat(32) };
const PATCH: Patch = {
  world: 'lab',
  from: { ...SIDE, view: 'system' },
  to: SIDE,
  ops: [
    { op: 'PutNode', data: { kind: 'task', key: 'a', set: { '9': 1.5, '10': 'ü' }, expect: { absent: true } } },
    { op: 'DeleteEdge', data: { id: 'ef'.repeat(32), expect: { digest: '01'.repeat(32) } } },
  ],
};

test('a patch says again what it was made of, in one spelling', () => {
  const text = patchText(PATCH);
  const { parsed, check, ...patch } = parsePatch(text, 'p.json');
  assert.deepEqual(patch, PATCH);
  assert.deepEqual(
    parsed.map(({ op }) => op),
    ['PutNode', 'DeleteEdge'],
  );
  assert.match(check, /^sha256:[0-9a-f]{64}$/);
  assert.ok(text.startsWith('{"check":"sha256:') && text.endsWith(',"version":1,"world":"lab"}\n'));
});

test('a patch of which any character was changed is none', () => {
  const text = patchText(PATCH);
  for (let i = 0; i < text.length; i++) {
    const other = `${text.slice(0, i)}${text[i] === '1' ? '2' : '1'}${text.slice(i + 1)}`;
    assert.throws(() => parsePatch(other, 'p.json'), { reason: 'PATCH_INVALID' }, `character ${i}`);
  }
});

/** What a patch with these fields in the place of its own is refused with. */
function refused(fields: object): readonly [string, string] {
  const text = manifestText({ format: 'jitos-patch', version: 1, ...PATCH, ...fields });
  try {
    parsePatch(text, 'p.json');
  } catch (error) {
    if (error instanceof Failure) return [error.reason, error.place];
    throw error;
  }
  return assert.fail(text);
}

test('a patch that says anything else is refused, with the place', () => {
  assert.deepEqual(refused({ format: 'jitos-proof' }), ['PATCH_INVALID', 'p.json: format']);
  assert.deepEqual(refused({ version: 2 }), ['PATCH_INVALID', 'p.json: version']);
  assert.deepEqual(refused({ more: 1 }), ['FIELD_UNKNOWN', 'p.json: more']);
  assert.deepEqual(refused({ from: { ...SIDE, at: -1 } }), ['FORMAT_INVALID', 'p.json: from.at']);
  assert.deepEqual(refused({ to: { ...SIDE, view: 'sws' } }), ['VIEW_INVALID', 'p.json: to.view']);
  assert.deepEqual(refused({ to: { ...SIDE, digest: 'AB'.repeat(32) } }), ['ID_INVALID', 'p.json: to.digest']);
  assert.deepEqual(refused({ ops: {} }), ['FORMAT_INVALID', 'p.json: ops']);
  const op = { op: 'AddNode', data: { kind: 'a', payload_b64: '?' } };
  assert.deepEqual(refused({ ops: [op] }), ['BASE64_INVALID', 'p.json: ops[0].data.payload_b64']);
});

test('an op without its expectation is the same op', () => {
  const [put] = PATCH.ops;
  assert.deepEqual(withoutExpectation(put!), {
    op: 'PutNode',
    data: { kind: 'task', key: 'a', set: { '9': 1.5, '10': 'ü' } },
  });
});
