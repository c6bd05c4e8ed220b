/** Changes of signing keys: followed by strangers, cut off anywhere, and forced by a key that is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followHandovers, type NoteVerifier, openTreeHead, proofText, verifyProofText } from '@jitos/kernel/verify';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { createWorkspace } from '@jitos/testkit/world/make-ops.ts';
import { readEvents } from '../history-reader.ts';
import { parsePublicKey } from './signed-note.ts';

function open(disk: MemoryDisk): Promise<DiskWorld> {
  return openDiskWorld({ disk, keysInFolder: true });
}

/** The keys that the history names, oldest first. */
async function namedKeys(world: DiskWorld): Promise<readonly string[]> {
  const named: string[] = [];
  for await (const { event } of readEvents(world.log, 0)) {
    if (event.kind === 'SIGNING_KEY_CHANGED') named.push(event.publicKey);
  }
  return named;
}

function verifierOf(publicKey: string): NoteVerifier {
  return parsePublicKey(publicKey)!; // the world's own
}

function rawOf(publicKey: string): string {
  return verifierOf(publicKey).raw;
}

test('whoever trusts the first key follows the changes to the one that signs', async () => {
  const disk = new MemoryDisk();
  let world = await open(disk);
  const first = world.keys.publicKeys.publicKey;
  await world.loop.submit(createWorkspace());
  const second = (await world.keys.rotate('ann')).publicKey;
  await world.loop.submit(createWorkspace());
  const { publicKey: third, firstPublicKey, handovers } = await world.keys.rotate('ann');
  assert.equal(new Set([first, second, third]).size, 3);
  assert.equal(firstPublicKey, first);
  assert.deepEqual(
    handovers.map(({ idx, publicKey }) => [idx, publicKey]),
    [
      [2, second],
      [4, third],
    ],
  );
  const followed = followHandovers(
    handovers.map(({ proof }) => proof),
    verifierOf(first),
  );
  assert.deepEqual(followed.last.raw, verifierOf(third).raw);
  const text = proofText(await world.proofs.inclusion(1));
  assert.equal(verifyProofText(text, followed.last).treeHead.size, 5);
  assert.throws(() => verifyProofText(text, verifierOf(first)), { name: 'ProofRefused' });
  await world.close();
  world = await open(disk);
  assert.deepEqual(world.keys.publicKeys, { publicKey: third, firstPublicKey, handovers });
  assert.equal(openTreeHead(world.proofs.treeHead(), verifierOf(third))?.size, 5);
  assert.deepEqual(await namedKeys(world), [rawOf(second), rawOf(third)]);
  await world.close();
});

test('the key before signs nothing beyond the change, whatever else is in its batch', async () => {
  const world = await open(new MemoryDisk());
  const { publicKey: before } = world.keys.publicKeys;
  const heads: string[] = [];
  world.loop.subscribe(() => heads.push(world.proofs.treeHead()));
  const commands = Array.from({ length: 5 }, () => world.loop.submit(createWorkspace()));
  const rotation = world.keys.rotate('ann');
  const more = Array.from({ length: 50 }, () => world.loop.submit(createWorkspace()));
  await Promise.all([...commands, rotation, ...more]);
  const [{ idx } = { idx: -1 }] = (await rotation).handovers;
  const sizes = heads.flatMap((head) => openTreeHead(head, verifierOf(before))?.size ?? []);
  assert.ok(sizes.length < heads.length && sizes.every((size) => size <= idx), `${sizes.join(' ')} of ${idx}`);
  await world.close();
});

test('a handover of another key, event, size or origin leads nowhere', async () => {
  const world = await open(new MemoryDisk());
  await world.loop.submit(createWorkspace());
  const { firstPublicKey, handovers } = await world.keys.rotate('ann');
  const first = verifierOf(firstPublicKey);
  const refused = (text: string, why: RegExp): void => {
    assert.throws(() => followHandovers([text], first), { name: 'ProofRefused', message: why });
  };
  const text = handovers[0]!.proof;
  refused(proofText(await world.proofs.inclusion(2)), /signature/);
  assert.throws(() => followHandovers([text, text], first), { name: 'ProofRefused' });
  for (let at = 0; at < text.length; at += 7) {
    refused(`${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`, /./);
  }
  const other = await open(new MemoryDisk());
  await other.loop.submit(createWorkspace());
  const { publicKey } = other.keys.publicKeys;
  const noChange = proofText(await other.proofs.inclusion(1, 2));
  assert.throws(() => followHandovers([noChange], verifierOf(publicKey)), /changes no key/);
  const early = proofText(await other.proofs.inclusion(0, 2));
  assert.throws(() => followHandovers([early], verifierOf(publicKey)), /ends with the change/);
  await world.close();
  await other.close();
});

test('a change that is cut off anywhere is finished or undone, and what signs is named by the history', async () => {
  const start = new MemoryDisk();
  const made = await open(start);
  await made.loop.submit(createWorkspace());
  const { publicKey: before } = made.keys.publicKeys;
  await made.close();
  let [undone, finished, done] = [0, 0, 0];
  for (let cutAt = 1; ; cutAt++) {
    const disk = start.clone();
    const world = await open(disk);
    disk.powerCutAt = disk.operationCount + cutAt;
    const rotated = await world.keys.rotate('ann').then(
      ({ publicKey }) => publicKey,
      () => undefined,
    );
    await world.close().catch(() => undefined);
    const again = await open(disk.afterPowerCut(() => 0.5));
    const { publicKey, firstPublicKey, handovers } = again.keys.publicKeys;
    const named = await namedKeys(again);
    assert.equal(firstPublicKey, before);
    assert.deepEqual(
      named,
      handovers.map((each) => rawOf(each.publicKey)),
    );
    assert.equal(named.at(-1) ?? rawOf(before), rawOf(publicKey), `cut off at ${cutAt}`);
    if (rotated !== undefined) assert.equal(publicKey, rotated);
    assert.equal((await again.keys.rotate('ann')).handovers.length, handovers.length + 1);
    await again.close();
    if (publicKey === before) undone += 1;
    else if (rotated === undefined) finished += 1;
    else done += 1;
    if (done > 3) break;
  }
  assert.ok(undone > 3 && finished > 3, `undone ${undone} times, finished ${finished}`);
});

test('a world that lost its key begins with a new one and a new origin, which its history names', async () => {
  const disk = new MemoryDisk();
  let world = await open(disk);
  await world.loop.submit(createWorkspace());
  const { publicKey: lost } = await world.keys.rotate('ann');
  await world.close();
  disk.remove(`${WORLD_FOLDER}/world.key`);
  for (let cutAt = 1; cutAt < 12; cutAt++) {
    const cut = disk.clone();
    cut.powerCutAt = cut.operationCount + cutAt;
    await open(cut)
      .then((each) => each.close())
      .catch(() => undefined);
    await (await open(cut.afterPowerCut(() => 0.5))).close();
  }
  world = await open(disk);
  const { publicKey, firstPublicKey, handovers } = world.keys.publicKeys;
  assert.equal(publicKey, firstPublicKey);
  assert.deepEqual(handovers, []);
  const [origin] = publicKey.split('+');
  const [lostOrigin] = lost.split('+');
  assert.match(origin!, new RegExp(`^${lostOrigin}/[0-9a-f]{16}$`));
  assert.deepEqual((await namedKeys(world)).slice(1), [rawOf(publicKey)]);
  assert.equal((await world.keys.rotate('ann')).firstPublicKey, publicKey);
  await world.close();
  world = await open(disk);
  assert.equal(world.keys.publicKeys.firstPublicKey, publicKey);
  await world.close();
});

test('public files that do not lead to the key that signs are told', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  const older = Buffer.from(disk.bytes(`${WORLD_FOLDER}/world.key`));
  await world.keys.rotate('ann');
  await world.close();
  const name = disk.list(WORLD_FOLDER).find((each) => each.endsWith('.handover'))!;
  for (const [file, bytes] of [
    ['world.key', older],
    ['world.pub', Buffer.from('no key\n')],
    [name, Buffer.from('no proof\n')],
  ] as const) {
    const copy = disk.clone();
    copy.put(`${WORLD_FOLDER}/${file}`, bytes);
    await assert.rejects(open(copy), { reason: 'LOG_DAMAGED', place: `${WORLD_FOLDER}/world.pub` });
  }
});
