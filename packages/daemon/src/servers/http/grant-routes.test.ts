/** Grants over HTTP: given, handed on offline, narrowed, and taken back. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { digestToHex, grantId, linkBytes, type GrantTerms } from '@jitos/kernel';
import { openKeyClient, termsFor, type KeyClient } from '@jitos/testkit/servers/key-client.ts';
import { ask, reasonOf, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import type { PrincipalKey } from '../../cli/key-file.ts';
import { sha256 } from '../../engine/sha256.ts';
import { termsToJson, type LinkJson } from '../auth/grant-json.ts';
import { worldKeyOf } from '../auth/grants.ts';
import type { GrantsAnswer } from './grant-routes.ts';

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDQ';
const LOCAL = { authorization: `Bearer ${TOKEN}` };
const served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
after(() => served[Symbol.asyncDispose]());
const { port, url, host } = served;
const main = host.mustGetWorld('main');
await host.createWorld('other');

type Headers = Readonly<Record<string, string>>;

function send(path: string, body: unknown, headers: Headers): Promise<RawAnswer> {
  const sent = { 'content-type': 'application/json', ...headers };
  return ask({
    port,
    method: 'POST',
    path: `/v1/worlds/main/grants${path}`,
    headers: sent,
    body: JSON.stringify(body),
  });
}

async function list(headers: Headers): Promise<readonly string[]> {
  const { body } = await ask({ port, path: '/v1/worlds/main/grants', headers });
  return (JSON.parse(body) as GrantsAnswer).grants.map(({ id }) => id);
}

async function graphql(client: KeyClient, query: string): Promise<string> {
  const headers = { 'content-type': 'application/json', ...client.headers };
  const { body } = await ask({ port, method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query }) });
  return body;
}

function signedBy(key: PrincipalKey, terms: GrantTerms, worldKey = worldKeyOf(main)): LinkJson {
  const message = Buffer.from(linkBytes(terms, worldKey), 'latin1');
  return { terms: termsToJson(terms), signature: key.sign(message).toString('base64') };
}

const CREATE = 'mutation { createSws { sws { id } } }';

test('what the operator gives lets a key do that and no more, until it is taken back', async () => {
  const ann = await openKeyClient(url, main, []);
  assert.match(await graphql(ann, CREATE), /ACCESS_DENIED/);
  const terms = termsToJson(termsFor(ann.key, ['write']));
  const given = await send('', { terms }, LOCAL);
  const { grants, worldKey } = JSON.parse(given.body) as GrantsAnswer;
  assert.equal(given.status, 201);
  assert.equal(worldKey.length, 64);
  const { id, ...told } = grants[0]!;
  assert.deepEqual(told, { ...terms, addedIdx: main.loop.world.history.size - 1, opsSpent: 0, revokedIdx: null });
  assert.match(await graphql(ann, CREATE), /"id"/);
  assert.match(await graphql(ann, '{ kernelInfo { version } }'), /ACCESS_DENIED/);
  assert.deepEqual(await list(ann.headers), [id]);
  assert.equal(reasonOf(await send('', { terms }, LOCAL)), 'GRANT_EXISTS terms.serial');
  assert.equal((await send(`/${id}/revoke`, {}, LOCAL)).status, 200);
  assert.match(await graphql(ann, CREATE), /ACCESS_DENIED/);
  assert.equal(reasonOf(await send(`/${id}/revoke`, {}, LOCAL)), 'GRANT_NOT_FOUND id');
});

test('a link that was signed offline is taken up from anybody, with the chain that it hangs on', async () => {
  const [ann, bob] = [await openKeyClient(url, main, ['read', 'write']), await openKeyClient(url, main, [])];
  const cat = await openKeyClient(url, main, []);
  const root = termsFor(ann.key, ['read', 'write']);
  const toBob = termsFor(bob.key, ['read', 'write'], { parent: grantId(root, sha256), kinds: ['note'] });
  const toCat = termsFor(cat.key, ['write'], { parent: grantId(toBob, sha256), opsMax: 3 });
  const links = [signedBy(ann.key, toBob), signedBy(bob.key, toCat)];
  assert.match(await graphql(cat, CREATE), /ACCESS_DENIED/);
  const added = await send('', { links }, cat.headers);
  assert.equal(added.status, 201, added.body);
  assert.match(await graphql(cat, CREATE), /"id"/);
  assert.match(await graphql(cat, '{ kernelInfo { version } }'), /ACCESS_DENIED/);
  const again = await send('', { links }, cat.headers);
  const idsOf = ({ body }: RawAnswer): unknown => (JSON.parse(body) as GrantsAnswer).grants.map(({ id }) => id);
  assert.deepEqual([again.status, idsOf(again)], [201, idsOf(added)], 'the same chain again changes nothing');
  const catGrant = digestToHex(grantId(toCat, sha256));
  assert.deepEqual(
    (await list(ann.headers)).toSorted(),
    [root, toBob, toCat].map((terms) => digestToHex(grantId(terms, sha256))).toSorted(),
  );
  assert.deepEqual(await list(cat.headers), [catGrant]);
  assert.equal(
    reasonOf(
      await ask({ port, path: `/v1/worlds/main/grants/${digestToHex(grantId(toBob, sha256))}`, headers: cat.headers }),
    ),
    'ACCESS_DENIED id',
  );

  assert.equal(reasonOf(await send(`/${digestToHex(grantId(root, sha256))}/revoke`, {}, cat.headers)), 'ACCESS_DENIED');
  assert.equal(
    (await send(`/${digestToHex(grantId(toBob, sha256))}/revoke`, {}, ann.headers)).status,
    200,
    'a holder of the parent may',
  );
  assert.match(await graphql(cat, CREATE), /ACCESS_DENIED/);
  assert.match(await graphql(bob, '{ kernelInfo { version } }'), /ACCESS_DENIED/);
});

test('a link that another signed, or for another world, or that says something else, is refused', async () => {
  const [ann, bob] = [await openKeyClient(url, main, ['read']), await openKeyClient(url, main, [])];
  const parent = grantId(termsFor(ann.key, ['read']), sha256);
  const terms = termsFor(bob.key, ['read'], { parent });
  const good = signedBy(ann.key, terms);
  const other = worldKeyOf(host.mustGetWorld('other'));
  const wrong: readonly (readonly [links: unknown, reason: string])[] = [
    [[signedBy(bob.key, terms)], 'SIGNATURE_INVALID links[0].signature'],
    [[signedBy(ann.key, terms, other)], 'SIGNATURE_INVALID links[0].signature'],
    [[{ ...good, terms: { ...good.terms, verbs: ['read', 'control'] } }], 'SIGNATURE_INVALID links[0].signature'],
    [[{ ...good, terms: { ...good.terms, serial: 7 } }], 'SIGNATURE_INVALID links[0].signature'],
    [[good, { ...good, signature: Buffer.alloc(64).toString('base64') }], 'SIGNATURE_INVALID links[1].signature'],
    [[signedBy(ann.key, { ...terms, parent: grantId(terms, sha256) })], 'GRANT_NOT_FOUND links[0].terms.parent'],
    [[signedBy(ann.key, { ...terms, parent: null })], 'GRANT_INVALID links[0].terms.parent'],
    [[], 'FORMAT_INVALID links'],
    [Array.from({ length: 9 }, () => good), 'FORMAT_INVALID links'],
    [{}, 'FORMAT_INVALID links'],
  ];
  for (const [links, reason] of wrong) {
    assert.equal(reasonOf(await send('', { links }, bob.headers)), reason, JSON.stringify(links));
  }
  assert.match(await graphql(bob, '{ kernelInfo { version } }'), /ACCESS_DENIED/, 'nothing was taken up');
  const byTerms = await send('', { terms: termsToJson(termsFor(bob.key, ['control'])) }, ann.headers);
  assert.deepEqual([byTerms.status, reasonOf(byTerms)], [403, 'ACCESS_DENIED terms']);
  const asTerms = await send('', { terms: good.terms }, LOCAL);
  assert.equal(reasonOf(asTerms), 'GRANT_INVALID terms.parent', 'a link without its signature');
  assert.equal((await send('', { links: [good] }, bob.headers)).status, 201);
});

test('terms are refused by their places', async () => {
  const { key } = await openKeyClient(url, main, []);
  const good = termsToJson(termsFor(key, ['read']));
  const cases: readonly (readonly [more: object, reason: string])[] = [
    [{ verbs: [] }, 'GRANT_INVALID terms.verbs'],
    [{ verbs: ['rule'] }, 'GRANT_INVALID terms.verbs'],
    [{ verbs: 'read' }, 'FORMAT_INVALID terms.verbs'],
    [{ holder: 'ann' }, 'ID_INVALID terms.holder'],
    [{ kinds: ['no kind'] }, 'GRANT_INVALID terms.kinds'],
    [{ kinds: [] }, 'GRANT_INVALID terms.kinds'],
    [{ keyPrefix_b64: '' }, 'GRANT_INVALID terms.keyPrefix_b64'],
    [{ keyPrefix_b64: '?' }, 'BASE64_INVALID terms.keyPrefix_b64'],
    [{ until: -1 }, 'FORMAT_INVALID terms.until'],
    [{ opsMax: 1.5 }, 'FORMAT_INVALID terms.opsMax'],
    [{ principal: 'local' }, 'FIELD_UNKNOWN terms.principal'],
  ];
  for (const [more, reason] of cases) {
    assert.equal(reasonOf(await send('', { terms: { ...good, ...more } }, LOCAL)), reason, JSON.stringify(more));
  }
  assert.equal(reasonOf(await send('', {}, LOCAL)), 'FORMAT_INVALID terms');
});
