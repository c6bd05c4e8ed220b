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
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { bytesToHex, hexToBytes, type Bytes } from './bytes/byte-string.ts';
import { taggedHash, type Digest } from './bytes/digest.ts';
import type { Command } from './commands/command.ts';
import { createWorld } from './decide.ts';
import { worldDigest, worldDigestSteps } from './world.ts';

function digestsAfter(...commands: Command[]): Digest[] {
  const driver = new WorldDriver();
  const digests = [worldDigest(driver.world, sha256)];
  for (const command of commands) {
    driver.run(command);
    digests.push(worldDigest(driver.world, sha256));
  }
  return digests;
}

test('the default rule pack is the empty map', () => {
  const emptyMap = hexToBytes('a0');
  assert.ok(emptyMap !== undefined);
  assert.equal(bytesToHex(NO_RULES.id), bytesToHex(taggedHash('rulepack', emptyMap, sha256)));
});

test('every event moves the world digest', () => {
  const digests = digestsAfter(
    createWorkspace(),
    createWorkspace({ requestId: 'r' }),
    applyRewrite(0, [addNode('note')]),
    applyRewrite(1, [putNode('file', 'a')]),
    applyRewrite(1, [putNode('file', 'a')]),
    collapseWorkspace(0),
    discardWorkspace(1),
  );
  assert.equal(new Set(digests).size, 8);
});

test('the world digest tells apart what only a table other than the graph holds', () => {
  const last = (...commands: Command[]): Digest | undefined => digestsAfter(createWorkspace(), ...commands).at(-1);
  const digests = [
    last(createWorkspace()),
    last(createWorkspace({ meta: 1 })),
    last(createWorkspace({ requestId: 'r' })),
    last(createWorkspace({ requestId: 's' })),
    last(createWorkspace({ requestId: 'r', principal: 'other' })),
    last(applyRewrite(0, [addNode('note')])),
    last(collapseWorkspace(0)),
    last(discardWorkspace(0)),
    worldDigest(createWorld({ quantumMs: 1 }, sha256).world, sha256),
    worldDigest(createWorld({ quantumMs: 2 }, sha256).world, sha256),
  ];
  assert.equal(new Set(digests).size, digests.length);
});

test('the digests that a world lacks are taken in small steps, those of expectations, too', () => {
  const driver = new WorldDriver();
  const from = driver.fork(...Array.from({ length: 1000 }, (_, i) => putNode('file', `f${i}`, {}, 'absent')));
  driver.run(createWorkspace({ from }));
  driver.run(discardWorkspace(from));
  let hashCount = 0;
  const counting = (bytes: Uint8Array | Bytes): Digest => {
    hashCount += 1;
    return sha256(bytes);
  };
  for (const _ of worldDigestSteps(driver.world, counting)) {
    assert.ok(hashCount < 50, `${hashCount} hashes in one step`);
    hashCount = 0;
  }
  worldDigest(driver.world, counting);
  assert.ok(hashCount < 50, `${hashCount} hashes in the end`);
});

test('equal histories give equal digests, and asking does not change the world', () => {
  const commands = [createWorkspace(), applyRewrite(0, [addNode('note')]), collapseWorkspace(0)];
  assert.deepEqual(digestsAfter(...commands), digestsAfter(...commands));
  const { world } = new WorldDriver();
  assert.equal(worldDigest(world, sha256), worldDigest(world, sha256));
});
