import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { bytesFrom, innerHash, leafHash, type Digest } from '@jitos/kernel';
import { openNote, openTreeHead, ProofRefused, proofText, verifyProofText } from '@jitos/kernel/verify';
import { sha256 } from '../sha256.ts';
import { parsePublicKey } from './signed-note.ts';
import { temporaryWorldKey } from './signing-keys.ts';

async function openWorldOf(size: number, disk = new MemoryDisk()): Promise<DiskWorld> {
  const world = await openDiskWorld({ disk });
  const command = {
    type: 'createWorkspace',
    from: null,
    principal: 'p',
    requestId: null,
    validUntil: null,
    meta: null,
  } as const;
  await Promise.all(Array.from({ length: size - world.proofs.size }, () => world.loop.submit(command)));
  return world;
}

test('every event is proved in every history that holds it, and every history continues every shorter one', async () => {
  const world = await openWorldOf(20);
  const { proofs } = world;
  const verifier = parsePublicKey(proofs.publicKey)!;
  for (let size = 1; size <= 20; size++) {
    const treeHead = openTreeHead(proofs.treeHead(size), verifier)!;
    assert.equal(treeHead.size, size);
    for (let idx = 0; idx < size; idx++) {
      const text = proofText(await proofs.inclusion(idx, size));
      assert.deepEqual(verifyProofText(text, verifier), { kind: 'inclusion', idx, treeHead });
    }
    for (let old = 0; old <= size; old++) {
      const proved = verifyProofText(proofText(proofs.consistency(old, size)), verifier);
      assert.deepEqual(proved.kind === 'consistency' && [proved.oldTreeHead.size, proved.treeHead], [old, treeHead]);
    }
  }
  await world.close();
});

test('no byte of a proof can be changed, nor a proof spelled in another way', async () => {
  const world = await openWorldOf(11);
  const { proofs } = world;
  const verifier = parsePublicKey(proofs.publicKey)!;
  for (const proof of [await proofs.inclusion(6, 9), proofs.consistency(5, 9), await proofs.inclusion(0, 1)]) {
    const text = proofText(proof);
    const bytes = Buffer.from(text);
    for (let offset = 0; offset < bytes.length; offset++) {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 1 << (offset % 8);
      assert.throws(() => verifyProofText(changed.toString(), verifier), ProofRefused, `byte ${offset}`);
    }
    for (const other of [
      text.trimEnd(),
      ` ${text}`,
      JSON.stringify(proof, null, 1),
      `${text}${text}`,
      '[]',
      'null',
      '',
    ]) {
      assert.throws(() => verifyProofText(other, verifier), ProofRefused, other);
    }
    assert.throws(() => verifyProofText(text, parsePublicKey(temporaryWorldKey().publicKey)!), ProofRefused);
  }
  await world.close();
});

test('a proof of one history can not borrow the tree head of another', async () => {
  const world = await openWorldOf(11);
  const { proofs } = world;
  const verifier = parsePublicKey(proofs.publicKey)!;
  const inclusion = { ...(await proofs.inclusion(6, 9)), treeHead: proofs.treeHead(10) };
  assert.throws(() => verifyProofText(proofText(inclusion), verifier), ProofRefused);
  const consistency = { ...proofs.consistency(5, 9), oldTreeHead: proofs.treeHead(6) };
  assert.throws(() => verifyProofText(proofText(consistency), verifier), ProofRefused);
  const backwards = { ...proofs.consistency(5, 9), oldTreeHead: proofs.treeHead(9), treeHead: proofs.treeHead(5) };
  assert.throws(() => verifyProofText(proofText(backwards), verifier), ProofRefused);
  await world.close();
});

test('what the history does not reach is not found', async () => {
  const world = await openWorldOf(11);
  const { proofs } = world;
  const notFound = (place: string): object => ({ name: 'Failure', reason: 'EVENT_NOT_FOUND', place });
  await assert.rejects(proofs.inclusion(11), notFound('idx'));
  await assert.rejects(proofs.inclusion(5, 5), notFound('idx'));
  await assert.rejects(proofs.inclusion(5, 12), notFound('size'));
  assert.throws(() => proofs.consistency(12), notFound('old'));
  assert.throws(() => proofs.consistency(9, 8), notFound('old'));
  assert.throws(() => proofs.treeHead(12), notFound('size'));
  assert.throws(() => proofs.tile(0, 0, 12), notFound('path'));
  assert.throws(() => proofs.tile(1, 0, 1), notFound('path'));
  await assert.rejects(proofs.entries(0, 12), notFound('path'));
  await world.close();
});

test('tiles hold the hashes that make the signed head, and entries hash to them', async () => {
  const world = await openWorldOf(700);
  const { proofs } = world;
  const leaves: Digest[] = [];
  for (const [index, width] of [
    [0, 256],
    [1, 256],
    [2, 188],
  ] as const) {
    const entries = await proofs.entries(index, width);
    const tile = Buffer.from(proofs.tile(0, index, width)).toString('latin1');
    const view = new DataView(entries.buffer, entries.byteOffset, entries.length);
    let offset = 0;
    for (let i = 0; i < width; i++) {
      const end = offset + 2 + view.getUint16(offset);
      leaves.push(leafHash(bytesFrom(entries.slice(offset + 2, end)), sha256));
      assert.equal(tile.slice(i * 32, (i + 1) * 32), leaves.at(-1));
      offset = end;
    }
    assert.equal(offset, entries.length);
  }
  const full = [0, 1].map((index) => naiveHead(leaves.slice(index * 256, (index + 1) * 256)));
  assert.equal(Buffer.from(proofs.tile(1, 0, 2)).toString('latin1'), full.join(''));
  const text = openNote(proofs.treeHead(), parsePublicKey(proofs.publicKey)!);
  const head = Buffer.from(naiveHead(leaves), 'latin1').toString('base64');
  assert.equal(text?.split('\n').slice(1).join('\n'), `700\n${head}\n`);
  await world.close();
});

/** RFC 6962 §2.1. */
function naiveHead(leaves: readonly Digest[]): Digest {
  if (leaves.length === 1) return leaves[0]!;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return innerHash(naiveHead(leaves.slice(0, split)), naiveHead(leaves.slice(split)), sha256);
}

test('hashes that changed on the disk prove nothing, and are told', async () => {
  const disk = new MemoryDisk();
  await (await openWorldOf(400, disk)).close();
  const world = await openDiskWorld({ disk });
  const path = `${WORLD_FOLDER}/tree-0.hashes`;
  const bytes = disk.bytes(path);
  for (let offset = 64; offset < bytes.length; offset += 32) bytes[offset]! ^= 1;
  const damaged = { name: 'Failure', reason: 'LOG_DAMAGED', place: 'tree-0.hashes' };
  await assert.rejects(world.proofs.inclusion(3), damaged);
  assert.throws(() => world.proofs.consistency(300), damaged);
  assert.throws(() => world.proofs.treeHead(300), damaged);
  await world.close();
});
