import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { after, test } from 'node:test';
import { bytesFrom } from '@jitos/kernel/verify';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { connect } from '../connect.ts';
import { nodeId, putNode } from '../wire/change.ts';
import { sha256 } from '../wire/sha256.ts';
import { PROOF_CRYPTO } from './crypto.ts';
import { verifyProof } from './verify-proof.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const world = connect({ url: served.url });
const ada = putNode('person', 'ada', { born: 1815 });
const ws = await world.fork();
await ws.rewrite([ada]);
const collapse = await ws.collapse();
const { publicKey } = await world.proofs.keys();

test('an event, a history that has grown, and a node that is there or not', async () => {
  const { newestEvent } = await world.info();
  const event = verifyProof(await world.proofs.event(2), publicKey);
  assert.deepEqual([event.kind, event.kind === 'inclusion' && event.eventIdx], ['inclusion', 2]);
  assert.equal(event.treeHead.eventCount, newestEvent + 1);
  const grown = verifyProof(await world.proofs.consistency(2), publicKey);
  assert.equal(grown.kind === 'consistency' && grown.oldTreeHead.eventCount, 2);
  const there = verifyProof(await world.proofs.node(ada), publicKey);
  assert.ok(there.kind === 'node');
  assert.deepEqual([there.id, there.view, there.found?.kind], [ada.id, 'system', 'person']);
  const absent = verifyProof(await world.proofs.node(nodeId('person', 'charles')), publicKey);
  assert.equal(absent.kind === 'node' && absent.found, null);
});

test('what a collapse answers holds its own proof', () => {
  assert.ok(collapse.committed);
  const proven = verifyProof(collapse.proof, `${publicKey}\n`);
  assert.equal(proven.kind === 'inclusion' && proven.eventIdx, collapse.report.eventIdx);
});

test('no character of a proof can be changed, and no other key will do', async () => {
  const proof = await world.proofs.node(ada);
  for (let at = 0; at < proof.length; at += 7) {
    const changed = `${proof.slice(0, at)}${proof[at] === '1' ? '2' : '1'}${proof.slice(at + 1)}`;
    assert.throws(() => verifyProof(changed, publicKey), { name: 'ProofRefused' }, `character ${at}`);
  }
  await served.host.createWorld('other');
  const other = await connect({ url: served.url, world: 'other' }).proofs.keys();
  assert.throws(() => verifyProof(proof, other.publicKey), { name: 'ProofRefused' });
  assert.throws(() => verifyProof(proof, 'no key'), { name: 'ProofRefused' });
});

test('a proof under a later key holds for who follows the handovers', async () => {
  await fetch(`${served.url}/v1/worlds/main/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const keys = await world.proofs.keys();
  assert.notEqual(keys.publicKey, publicKey);
  const proof = await world.proofs.event(1);
  assert.throws(() => verifyProof(proof, publicKey), { name: 'ProofRefused' });
  const handovers = keys.handovers.map((handover) => handover.proof);
  assert.equal(verifyProof(proof, publicKey, { handovers }).kind, 'inclusion');
});

test('SHA-256 and Ed25519 in JavaScript agree with OpenSSL', () => {
  const { publicKey: key, privateKey } = generateKeyPairSync('ed25519');
  const raw = bytesFrom(key.export({ format: 'der', type: 'spki' }).subarray(-32));
  for (let size = 0; size < 200; size += 13) {
    const message = randomBytes(size);
    assert.equal(
      Buffer.from(sha256(message), 'latin1').toString('hex'),
      createHash('sha256').update(message).digest('hex'),
    );
    const signature = sign(null, message, privateKey);
    assert.ok(PROOF_CRYPTO.verifyEd25519(raw, bytesFrom(message), bytesFrom(signature)));
    signature[size % 64]! ^= 1;
    assert.ok(!PROOF_CRYPTO.verifyEd25519(raw, bytesFrom(message), bytesFrom(signature)));
  }
  assert.ok(!PROOF_CRYPTO.verifyEd25519(bytesFrom(Buffer.alloc(32, 255)), raw, bytesFrom(Buffer.alloc(64, 255))));
});
