/**
 * Every way to change a proof by a little: each byte of each field, and each step left out, repeated or moved. A
 * canonical trie has one proof a key, so a verifier that accepts any of these is wrong.
 */
import type { BranchStep, BucketStep, Digest, TrieProof } from '@jitos/kernel';
import { flipByte } from './bytes.ts';

export interface Forgery {
  /** What was changed, for the message of a failure. */
  readonly change: string;
  readonly proof: TrieProof;
}

/** All forgeries; a changed byte is xored with `mask`, 1 … 255 (nibbles with its part below 16, or with 1). */
export function* proofForgeries(proof: TrieProof, mask: number): Generator<Forgery> {
  for (const [at, step] of proof.entries()) {
    const changed = step.leaf ? bucketForgeries(step, mask) : branchForgeries(step, mask);
    for (const [change, forged] of changed) yield { change: `step ${at}: ${change}`, proof: proof.with(at, forged) };
    yield { change: `step ${at} left out`, proof: proof.toSpliced(at, 1) };
    yield { change: `step ${at} repeated`, proof: proof.toSpliced(at, 0, step) };
  }
  if (proof.length > 1) yield { change: 'steps turned round', proof: proof.toReversed() };
  yield { change: 'an empty bucket at the end', proof: [...proof, { leaf: true, keys: [], valueDigests: [] }] };
}

type StepForgery = readonly [change: string, step: BranchStep | BucketStep];

function* branchForgeries(step: BranchStep, mask: number): Generator<StepForgery> {
  const { skip, count, bitmap, childDigests } = step;
  for (let i = 0; i < skip.length; i++) {
    yield [`skip nibble ${i}`, { ...step, skip: flipByte(skip, i, mask & 15 || 1) }];
    yield [`skip nibble ${i} past 15`, { ...step, skip: flipByte(skip, i, 16) }];
  }
  yield ['skip longer', { ...step, skip: `${skip}\0` }];
  if (skip.length > 0) yield ['skip shorter', { ...step, skip: skip.slice(0, -1) }];
  for (let byte = 0; byte < 8; byte++) {
    const bits = BigInt(mask) << BigInt(byte * 8);
    yield [`count byte ${byte}`, { ...step, count: Number(BigInt(count) ^ bits) }];
  }
  for (const wrong of [-count, count + 0.5, NaN]) yield [`count ${wrong}`, { ...step, count: wrong }];
  for (let bit = 0; bit < 17; bit++) yield [`bitmap bit ${bit}`, { ...step, bitmap: bitmap ^ (1 << bit) }];
  for (const wrong of [bitmap - 0x1_0000, bitmap + 0.5]) yield [`bitmap ${wrong}`, { ...step, bitmap: wrong }];
  for (const [change, digests] of digestForgeries(childDigests, mask)) {
    yield [`child ${change}`, { ...step, childDigests: digests }];
  }
}

function* bucketForgeries(step: BucketStep, mask: number): Generator<StepForgery> {
  const { keys, valueDigests } = step;
  for (const [i, key] of keys.entries()) {
    for (let byte = 0; byte < key.length; byte++) {
      yield [`key ${i} byte ${byte}`, { ...step, keys: keys.with(i, flipByte(key, byte, mask)) }];
    }
    const rest = { keys: keys.toSpliced(i, 1), valueDigests: valueDigests.toSpliced(i, 1) };
    yield [`entry ${i} left out`, { ...step, ...rest }];
    yield [`key ${i} left out`, { ...step, keys: rest.keys }];
    yield [
      `entry ${i} repeated`,
      { ...step, keys: keys.toSpliced(i, 0, key), valueDigests: valueDigests.toSpliced(i, 0, valueDigests[i]!) },
    ];
    if (i > 0) yield [`keys ${i - 1} and ${i} swapped`, { ...step, keys: keys.with(i, keys[i - 1]!).with(i - 1, key) }];
    const longer = `${key}\0` as typeof key; // bytes and a byte
    yield [`key ${i} longer`, { ...step, keys: keys.with(i, longer) }];
  }
  for (const [change, digests] of digestForgeries(valueDigests, mask)) {
    yield [`value ${change}`, { ...step, valueDigests: digests }];
  }
}

function* digestForgeries(digests: readonly Digest[], mask: number): Generator<readonly [string, readonly Digest[]]> {
  for (const [i, digest] of digests.entries()) {
    for (let byte = 0; byte < digest.length; byte++) {
      yield [`digest ${i} byte ${byte}`, digests.with(i, flipByte(digest, byte, mask))];
    }
    yield [`digest ${i} left out`, digests.toSpliced(i, 1)];
    yield [`digest ${i} repeated`, digests.toSpliced(i, 0, digest)];
    yield [`digest ${i} shorter`, digests.with(i, digest.slice(1) as Digest)]; // wrong on purpose
    yield [`digest ${i} with a character that is no byte`, digests.with(i, `\u0100${digest.slice(1)}` as Digest)]; // likewise
    if (i > 0 && digest !== digests[i - 1]) {
      yield [`digests ${i - 1} and ${i} swapped`, digests.with(i, digests[i - 1]!).with(i - 1, digest)];
    }
  }
}
