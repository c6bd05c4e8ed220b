import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { after, test } from 'node:test';
import { keyPrincipal, type GrantTerms } from '@jitos/kernel';
import { bytesFrom, grantId, hexToDigest, linkBytes, parsePublicKey } from '@jitos/kernel/verify';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { connect } from '../connect.ts';
import { PROOF_CRYPTO } from '../proof/crypto.ts';
import { webSockets } from '../transport/socket.ts';
import { serverSentEvents } from '../transport/sse.ts';
import type { Signer } from '../transport/credentials.ts';
import { narrowGrant } from './narrow-grant.ts';
import { newSeed, signerOf } from './signer.ts';

const TOKEN = 'dGhlLXRva2VuLW9mLWEtdGVzdC1vZi1rZXlzLW9mLW93bg';
let nowMs = 0;
const served = await serveHost({
  authentication: { by: 'token', localToken: TOKEN },
  clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
});
after(() => served[Symbol.asyncDispose]());
const local = connect({ url: served.url, token: TOKEN });
const { loop } = served.host.mustGetWorld('main');
const { firstPublicKey } = await local.proofs.keys();
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** What the operator gives the key. */
async function grant(signer: Signer, verbs: GrantTerms['verbs']): Promise<string> {
  const terms: GrantTerms = {
    parent: null,
    holder: hexToDigest(signer.publicKey)!,
    verbs,
    kinds: null,
    keyPrefix: null,
    until: null,
    opsMax: null,
    serial: 0,
  };
  const asked = { principal: 'local', requestId: null, validUntil: null, meta: null };
  const reply = await loop.submit({ ...asked, type: 'addGrant', terms, signature: null });
  assert.ok(!('refusal' in reply), JSON.stringify(reply));
  return Buffer.from(grantId(terms, PROOF_CRYPTO.sha256), 'latin1').toString('hex');
}

/** How often a key has signed: once a login. */
function counted(signer: Signer): Signer & { count: number } {
  const counting = {
    ...signer,
    count: 0,
    sign: (message: Uint8Array) => {
      counting.count += 1;
      return signer.sign(message);
    },
  };
  return counting;
}

test('a seed signs as OpenSSL does', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const signer = signerOf(seed);
  assert.equal(signer.publicKey, publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'));
  const message = Buffer.from('hello');
  assert.deepEqual(Buffer.from(await signer.sign(message)), sign(null, message, privateKey));
  assert.throws(() => signerOf(seed.subarray(1)));
  assert.notDeepEqual(newSeed(), newSeed());
});

for (const live of [serverSentEvents, webSockets]) {
  test(`a key acts as itself, logs in once, and again when the daemon has forgotten it: ${live.name}`, async () => {
    const key = counted(signerOf(newSeed()));
    await grant(key, ['read', 'write', 'collapse']);
    const world = connect({ url: served.url, key, live });
    const [first] = await Promise.all(Array.from({ length: 5 }, () => world.fork()));
    assert.equal(key.count, 1);
    await first!.put('page', key.publicKey.slice(0, 8), { by: 'key' });
    // More than an hour: the session has ended, and nobody has told us.
    nowMs += 3_700_000;
    await using rewrites = world.followRewrites({ view: first!.name, after: -1 });
    assert.equal((await rewrites.next()).value?.view, first!.name);
    assert.equal(key.count, 2);
    assert.ok((await first!.collapse()).committed);
    const writer = await local.system.why((await local.system.keyed('page', key.publicKey.slice(0, 8)))!);
    assert.equal(writer?.principal, keyPrincipal(hexToDigest(key.publicKey)!));
  });
}

test('a key that holds nothing is refused, and so is a signature that is not its own', async () => {
  const stranger = connect({ url: served.url, key: signerOf(newSeed()) });
  await assert.rejects(stranger.fork(), { name: 'Refusal', code: 'DENIED', reason: 'ACCESS_DENIED' });
  const { publicKey } = signerOf(newSeed());
  const liar = connect({ url: served.url, key: { ...signerOf(newSeed()), publicKey } });
  await assert.rejects(liar.info(), { name: 'Refusal', reason: 'SIGNATURE_INVALID' });
});

test('a link that was made offline is signed by its maker, for this world alone, and taken up by it', async () => {
  const [ann, bob] = [signerOf(newSeed()), signerOf(newSeed())];
  const parent = await grant(ann, ['read', 'write', 'collapse']);
  const limits = { kinds: ['page', 'note'], keyPrefix: 'bob/', until: 1000, opsMax: 20 };
  const link = await narrowGrant(ann, {
    parent,
    worldKey: firstPublicKey,
    holder: bob.publicKey,
    verbs: ['read', 'write'],
    ...limits,
  });
  const terms: GrantTerms = {
    parent: hexToDigest(link.terms.parent)!,
    holder: hexToDigest(link.terms.holder)!,
    verbs: link.terms.verbs,
    kinds: link.terms.kinds,
    keyPrefix: bytesFrom(Buffer.from(link.terms.keyPrefix_b64!, 'base64')),
    until: link.terms.until,
    opsMax: link.terms.opsMax,
    serial: link.terms.serial,
  };
  assert.deepEqual(terms.kinds, ['note', 'page']);
  const message = linkBytes(terms, parsePublicKey(firstPublicKey, PROOF_CRYPTO)!.raw);
  const der = Buffer.concat([SPKI, Buffer.from(ann.publicKey, 'hex')]);
  const annsKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const signature = Buffer.from(link.signature, 'base64');
  assert.ok(verify(null, Buffer.from(message, 'latin1'), annsKey, signature));
  const asked = { principal: 'local', requestId: null, validUntil: null, meta: null };
  await loop.submit({ ...asked, type: 'addGrant', terms, signature: bytesFrom(signature) });
  const world = connect({ url: served.url, key: bob });
  const ws = await world.fork();
  await ws.put('page', 'bob/home');
  await assert.rejects(ws.put('page', 'ann/home'), { name: 'Refusal', code: 'DENIED' });
  await assert.rejects(ws.collapse(), { name: 'Refusal', code: 'DENIED' });
});

test('terms that no world takes up are not signed', async () => {
  const ann = signerOf(newSeed());
  const id = '0'.repeat(64);
  const good = { parent: id, worldKey: firstPublicKey, holder: id, verbs: ['read'] } as const;
  assert.equal((await narrowGrant(ann, good)).signature.length, 88);
  const bad = [
    { worldKey: 'none' },
    { parent: 'g' },
    { holder: id.slice(1) },
    { verbs: [] },
    { kinds: ['no kind!'] },
    { keyPrefix: '' },
    { until: -1 },
  ];
  for (const change of bad) {
    await assert.rejects(narrowGrant(ann, { ...good, ...change }), TypeError, JSON.stringify(change));
  }
});

for (const live of [serverSentEvents, webSockets]) {
  test(`by ${live.name}, a world that is not there or not for the key is refused, and not asked for again`, async () => {
    const stranger = counted(signerOf(newSeed()));
    for (const [how, reason] of [
      [{ token: TOKEN, world: 'none' }, 'WORLD_NOT_FOUND'],
      [{ token: 'x'.repeat(TOKEN.length) }, 'UNAUTHENTICATED'],
      [{ key: stranger }, 'ACCESS_DENIED'],
    ] as const) {
      await using subscription = connect({ url: served.url, live, ...how }).followRewrites({ after: -1 });
      await assert.rejects(subscription.next(), { name: 'Refusal', reason });
    }
    assert.equal(stranger.count, 1);
  });
}
