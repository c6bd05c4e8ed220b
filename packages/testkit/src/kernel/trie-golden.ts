/** The golden roots and proofs of the trie, read from `testdata/golden/v1/trie` into the kernel's own forms. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesToDigest, type Bytes, type Digest, type TrieProof } from '@jitos/kernel';
import { mustGetBytes } from './bytes.ts';
import { nodeSha256 } from './node-sha256.ts';

/** Where the files are, for programs that read them by themselves. */
export const TRIE_GOLDEN_FOLDER: string = fileURLToPath(
  new URL('../../../../testdata/golden/v1/trie', import.meta.url),
);

export interface GoldenTrie {
  readonly name: string;
  readonly root: Digest;
  readonly entries: readonly { readonly key: Bytes; readonly valueDigest: Digest }[];
}

export interface GoldenProof {
  readonly trie: string;
  readonly key: Bytes;
  readonly valueDigest: Digest | null;
  /** `present`, or in which of the ways absence is shown. */
  readonly shows: string;
  readonly proof: TrieProof;
}

interface TriesFile {
  readonly tries: readonly {
    readonly name: string;
    readonly keySize: number;
    readonly root: string;
    readonly entries: readonly { readonly key: string; readonly value: string }[];
  }[];
}

interface ProofsFile {
  readonly proofs: readonly {
    readonly trie: string;
    readonly key: string;
    readonly value: string | null;
    readonly shows: string;
    readonly steps: readonly (JsonBranch | JsonBucket)[];
  }[];
}

interface JsonBranch {
  readonly skip: string;
  readonly count: number;
  readonly bitmap: string;
  readonly childDigests: readonly string[];
}

interface JsonBucket {
  readonly entries: readonly { readonly key: string; readonly valueDigest: string }[];
}

export function readGoldenTries(): GoldenTrie[] {
  const { tries } = readJson('tries.json') as TriesFile; // the file is ours, and the tests read every field
  return tries.map(({ name, keySize, root, entries }) => ({
    name,
    root: toDigest(root),
    entries: entries.map(({ key, value }) => {
      assert.equal(key.length, keySize * 2);
      return { key: mustGetBytes(key), valueDigest: textDigest(value) };
    }),
  }));
}

export function readGoldenProofs(): GoldenProof[] {
  const { proofs } = readJson('proofs.json') as ProofsFile; // likewise
  return proofs.map(({ trie, key, value, shows, steps }) => ({
    trie,
    key: mustGetBytes(key),
    valueDigest: value === null ? null : textDigest(value),
    shows,
    proof: steps.map((step) => ('entries' in step ? toBucketStep(step) : toBranchStep(step))),
  }));
}

function toBranchStep({ skip, count, bitmap, childDigests }: JsonBranch): TrieProof[number] {
  const nibbles = skip.replace(/./g, (digit) => String.fromCharCode(Number.parseInt(digit, 16)));
  return {
    leaf: false,
    skip: nibbles,
    count,
    bitmap: Number.parseInt(bitmap, 16),
    childDigests: childDigests.map(toDigest),
  };
}

function toBucketStep({ entries }: JsonBucket): TrieProof[number] {
  const valueDigests = entries.map((entry) => toDigest(entry.valueDigest));
  return { leaf: true, keys: entries.map((entry) => mustGetBytes(entry.key)), valueDigests };
}

function toDigest(hex: string): Digest {
  return bytesToDigest(mustGetBytes(hex));
}

/** In the golden tries a value is an ASCII text, and its digest the hash of that. */
function textDigest(text: string): Digest {
  return nodeSha256(text as Bytes); // ASCII
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(`${TRIE_GOLDEN_FOLDER}/${name}`, 'utf8'));
}
