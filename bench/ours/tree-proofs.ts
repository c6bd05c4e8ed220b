/** Paths from the hash files that stand beside a log, verified against the head by the kernel: no more than RFC 6962 asks. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { openFileTreeHashes } from '@jitos/daemon/logs/file/tree-file.ts';
import { bytesFrom, headOf, leafHash, proveInclusion, verifyInclusion, type Digest } from '@jitos/kernel';
import { leafAt, type OpenProofLog } from '../workloads/inclusion-proof.ts';

const WORLD_ID = new Uint8Array(16);
const LEAVES_AT_ONCE = 4096;

export const openProofLog: OpenProofLog = async (dir, leafCount) => {
  const options = { folder: dir, disk: nodeDisk(), log: { worldId: WORLD_ID, firstIdx: 0, length: leafCount }, sha256 };
  const growing = openFileTreeHashes(options);
  while (growing.length < leafCount) {
    const { length } = growing;
    const count = Math.min(LEAVES_AT_ONCE, leafCount - length);
    growing.append(Array.from({ length: count }, (_, i) => leafHash(bytesFrom(leafAt(length + i)), sha256)));
  }
  await growing.close();
  const hashes = openFileTreeHashes(options);
  if (hashes.length !== leafCount) throw new Error(`the files hold ${hashes.length} leaves`);
  const hashAt = (level: number, index: number): Digest => hashes.hashAt(level, index);
  const head = headOf(leafCount, hashAt, sha256);
  return {
    make: (index) => proveInclusion(index, leafCount, hashAt, sha256),
    verify: (index, proof) => {
      const statement = { index, leaf: leafHash(bytesFrom(leafAt(index)), sha256), size: leafCount, head };
      if (!verifyInclusion(statement, proof as Digest[], sha256)) throw new Error('the proof does not hold'); // it made it
    },
    close: () => hashes.close(),
  };
};
