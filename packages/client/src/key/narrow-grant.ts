/**
 * Handing authority on, offline: whoever holds a grant signs a link, which gives another key some of what the grant allows, and
 * never more (`docs/spec/authority.md`). The world takes it up when anybody brings it.
 */
import {
  bytesToHex,
  grantId,
  hexToDigest,
  linkBytes,
  bytesToArray,
  parsePublicKey,
  termsProblem,
  type Digest,
  type GrantTerms,
  type Verb,
} from '@jitos/kernel/verify';
import { PROOF_CRYPTO } from '../proof/crypto.ts';
import type { Signer } from '../transport/credentials.ts';
import { toBase64, toBytes, type Key } from '../wire/bytes.ts';

export interface NarrowOptions {
  /** The grant that it hangs on, whose holder signs. */
  readonly parent: string;
  /** The world's first public key (`world.proofs.keys`): a link is good in one world. */
  readonly worldKey: string;
  /** The public key that it is given to, in hex. */
  readonly holder: string;
  readonly verbs: readonly Verb[];
  /** Of the elements that may be written; any if it is not given. */
  readonly kinds?: readonly string[];
  /** Only keyed nodes whose key begins so may be written. */
  readonly keyPrefix?: Key;
  /** The last tick in which it holds. */
  readonly until?: number;
  /** Ops that it pays for, in all. */
  readonly opsMax?: number;
  /** Tells it from others that are otherwise the same; 0 if it is not given. */
  readonly serial?: number;
}

/** Ids and keys in hex, bytes in base64. */
export interface GrantLink {
  readonly id: string;
  readonly terms: {
    readonly parent: string;
    readonly holder: string;
    readonly verbs: readonly Verb[];
    readonly kinds: readonly string[] | null;
    readonly keyPrefix_b64: string | null;
    readonly until: number | null;
    readonly opsMax: number | null;
    readonly serial: number;
  };
  readonly signature: string;
}

/** Throws a `TypeError` for terms that no world takes up. Whether the parent allows as much only the world knows. */
export async function narrowGrant(signer: Signer, options: NarrowOptions): Promise<GrantLink> {
  const { keyPrefix, until = null, opsMax = null, serial = 0 } = options;
  const worldKey = parsePublicKey(options.worldKey.trimEnd(), PROOF_CRYPTO)?.raw;
  if (worldKey === undefined) throw new TypeError('worldKey: not a public key as `world.pub` has it');
  const kinds = options.kinds?.toSorted((a, b) => (a < b ? -1 : 1)) ?? null;
  const terms: GrantTerms = {
    parent: mustReadHex(options.parent, 'parent'),
    holder: mustReadHex(options.holder, 'holder'),
    verbs: options.verbs,
    kinds,
    keyPrefix: keyPrefix === undefined ? null : toBytes(keyPrefix),
    until,
    opsMax,
    serial,
  };
  const problem = termsProblem(terms);
  if (problem !== undefined) throw new TypeError(`${problem.place}: ${problem.detail}`);
  const signature = await signer.sign(bytesToArray(linkBytes(terms, worldKey)));
  return {
    id: bytesToHex(grantId(terms, PROOF_CRYPTO.sha256)),
    terms: {
      parent: options.parent,
      holder: options.holder,
      verbs: terms.verbs,
      kinds,
      keyPrefix_b64: keyPrefix === undefined ? null : toBase64(keyPrefix),
      until,
      opsMax,
      serial,
    },
    signature: toBase64(signature),
  };
}

function mustReadHex(hex: string, name: string): Digest {
  const read = hexToDigest(hex);
  if (read === undefined) throw new TypeError(`${name}: not 64 characters of lowercase hex`);
  return read;
}
