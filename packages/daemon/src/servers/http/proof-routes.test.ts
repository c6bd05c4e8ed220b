import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, reasonOf, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { addNode, applyRewrite, collapseWorkspace, contentId } from '@jitos/testkit/world/make-ops.ts';
import { digestToHex } from '@jitos/kernel';
import { openTreeHead, verifyProofText } from '@jitos/kernel/verify';
import { parsePublicKey } from '../../engine/proofs/signed-note.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { loop } = served.host.mustGetWorld('main');
const command = {
  type: 'createWorkspace',
  from: null,
  principal: 'p',
  requestId: null,
  validUntil: null,
  meta: null,
} as const;
await Promise.all(Array.from({ length: 299 }, () => loop.submit(command)));

const get = (path: string): Promise<RawAnswer> => ask({ port: served.port, path });
const verifier = parsePublicKey((await get('/v1/worlds/main/key')).body.trimEnd())!;

test('proofs come as files that hold under the world’s key', async () => {
  const inclusion = await get('/v1/worlds/main/proofs/inclusion?idx=17');
  assert.equal(inclusion.status, 200);
  assert.equal(inclusion.headers['cache-control'], 'no-store');
  const proved = verifyProofText(inclusion.body, verifier);
  assert.deepEqual([proved.kind, proved.treeHead.size], ['inclusion', 300]);
  const older = await get('/v1/worlds/main/proofs/inclusion?idx=17&size=200');
  assert.equal(verifyProofText(older.body, verifier).treeHead.size, 200);
  const consistency = await get('/v1/worlds/main/proofs/consistency?old=100&size=250');
  const grown = verifyProofText(consistency.body, verifier);
  assert.deepEqual(grown.kind === 'consistency' && [grown.oldTreeHead.size, grown.treeHead.size], [100, 250]);
});

test('what a view holds is proved', async () => {
  const [rewrite, collapse] = [applyRewrite(0, [addNode('note', null)]), collapseWorkspace(0)];
  const world = await served.host.createWorld('held');
  for (const each of [command, rewrite, collapse]) assert.ok('kind' in (await world.loop.submit(each)));
  const key = parsePublicKey((await get('/v1/worlds/held/key')).body.trimEnd())!;
  const id = digestToHex(contentId('note', null));
  for (const [path, view, isHeld] of [
    [`node?id=${id}`, 'system', true],
    [`node?id=${id}&view=system`, 'system', true],
    [`edge?id=${id}`, 'system', false],
  ] as const) {
    const { status, body } = await get(`/v1/worlds/held/proofs/${path}`);
    const proved = verifyProofText(body, key);
    assert.deepEqual([status, 'found' in proved && [proved.view, proved.found !== null]], [200, [view, isHeld]], path);
  }
  for (const [path, told] of [
    [`node?id=${id}&view=sws:0`, '410 WORKSPACE_ENDED view'],
    [`node?id=${id}&view=sws`, '422 VIEW_INVALID view'],
    [`node?id=${id}&id=${id}`, '422 FORMAT_INVALID id'],
    ['node?id=abc', '422 ID_INVALID id'],
    ['node', '422 FORMAT_INVALID id'],
    [`edge?id=${id}&size=2`, '422 FIELD_UNKNOWN size'],
  ] as const) {
    const answer = await get(`/v1/worlds/held/proofs/${path}`);
    assert.equal(`${answer.status} ${reasonOf(answer)}`, told, path);
  }
  const none = await get(`/v1/worlds/main/proofs/node?id=${id}`);
  assert.equal(`${none.status} ${reasonOf(none)}`, '404 DIGEST_NOT_RECORDED view');
});

test('the checkpoint is the signed head, and is not to be kept', async () => {
  const { status, headers, body } = await get('/w/main/checkpoint');
  assert.deepEqual(
    [status, headers['content-type'], headers['cache-control']],
    [200, 'text/plain; charset=utf-8', 'no-store'],
  );
  assert.equal(openTreeHead(body, verifier)?.size, 300);
});

test('tiles are served at their addresses, to be kept for ever', async () => {
  for (const path of ['0/000', '0/001.p/44', '1/000.p/1', '0/000.p/255', 'entries/000', 'entries/001.p/44']) {
    const { status, headers } = await get(`/w/main/tile/${path}`);
    assert.equal(status, 200, path);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['cache-control'], 'private, max-age=31536000, immutable');
  }
  assert.equal((await get('/w/main/tile/0/000')).headers['content-length'], '8192');
  assert.equal((await get('/w/main/tile/0/001.p/44')).headers['content-length'], String(44 * 32));
});

test('what the history does not reach, and what is no address of a tile, is not found and not kept', async () => {
  for (const path of [
    '0/001',
    '0/001.p/45',
    '1/000',
    '2/000.p/1',
    'entries/001',
    '63/000',
    '0/x999/x999/x999/x999/999',
  ]) {
    const answer = await get(`/w/main/tile/${path}`);
    assert.deepEqual([answer.status, reasonOf(answer)], [404, 'EVENT_NOT_FOUND path'], path);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
  for (const path of [
    '',
    '0',
    '0/',
    '0/0',
    '0/0000',
    '00/000',
    '64/000',
    '-1/000',
    '0/x000/000',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000.p/1.p/1',
    '0/000.p/',
    'entries',
    'other/000',
    '0/001/000',
  ]) {
    const answer = await get(`/w/main/tile/${path}`);
    assert.deepEqual([answer.status, reasonOf(answer)], [404, 'ROUTE_NOT_FOUND path'], path);
  }
});

test('a wrong query or world is refused', async () => {
  const cases = [
    ['/v1/worlds/main/proofs/inclusion', 'FORMAT_INVALID idx'],
    ['/v1/worlds/main/proofs/inclusion?idx=-1', 'FORMAT_INVALID idx'],
    ['/v1/worlds/main/proofs/inclusion?idx=1&idx=2', 'FORMAT_INVALID idx'],
    ['/v1/worlds/main/proofs/inclusion?idx=1&size=x', 'FORMAT_INVALID size'],
    ['/v1/worlds/main/proofs/inclusion?idx=1&old=1', 'FIELD_UNKNOWN old'],
    ['/v1/worlds/main/proofs/inclusion?idx=300', 'EVENT_NOT_FOUND idx'],
    ['/v1/worlds/main/proofs/consistency?old=9&size=301', 'EVENT_NOT_FOUND size'],
    ['/v1/worlds/none/proofs/inclusion?idx=1', 'WORLD_NOT_FOUND world'],
    ['/w/none/checkpoint', 'WORLD_NOT_FOUND world'],
    ['/w/none/tile/0/000', 'WORLD_NOT_FOUND world'],
  ] as const;
  for (const [path, reason] of cases) assert.equal(reasonOf(await get(path)), reason, path);
});
