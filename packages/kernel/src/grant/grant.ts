/**
 * Grants: what a key may do in a world, and who says so.
 *
 *     terms  [parent|null, holder, [verb …], [kind …]|null, keyPrefix|null, until|null, opsMax|null, serial]
 *     id     = H("grant") of the terms
 *     link   H("grant/link")[world's first public key, terms]: what the parent's holder signs
 *
 * A grant without a parent is the world owner's. With one it is a link, which the parent's holder may have made offline.
 *
 * - G1 A grant allows what it and all that it hangs on allow: a link narrows, and never widens.
 * - G2 Revoking a grant takes it from whatever hangs on it. A grant that was revoked is never added again.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { DIGEST_SIZE, taggedBytes, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { isKind, KEY_SIZE_MAX } from '../graph/element.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { PUBLIC_KEY_SIZE } from './principal.ts';

export type Verb = 'read' | 'write' | 'collapse' | 'control' | 'work';

/** In the order in which terms have them. */
export const VERBS: readonly Verb[] = ['read', 'write', 'collapse', 'control', 'work'];

export const GRANT_KINDS_MAX = 256;
/** Grants that one hangs on, itself included. */
export const GRANT_DEPTH_MAX = 8;

export interface GrantTerms {
  /** The grant that it hangs on; null: the world's owner gives it. */
  readonly parent: Digest | null;
  /** The Ed25519 public key that it is given to: 32 bytes. */
  readonly holder: Bytes;
  /** In the order of `VERBS`, no duplicates, at least one. */
  readonly verbs: readonly Verb[];
  /** Of the elements that may be written: sorted, no duplicates, at most 256; null: any. */
  readonly kinds: readonly string[] | null;
  /** Only keyed nodes whose key begins so may be written, and edges that leave them: 1–1,024 bytes; null: any. */
  readonly keyPrefix: Bytes | null;
  /** The last tick in which it holds; null: for ever. */
  readonly until: number | null;
  /** Ops that it pays for, over all commands, of which each costs at least one; null: any number. */
  readonly opsMax: number | null;
  /** Tells apart grants that are otherwise the same. */
  readonly serial: number;
}

/** A grant that a world has taken up. */
export interface Grant extends GrantTerms {
  readonly id: Digest;
  /** idx of its `GRANT_ADDED`. */
  readonly addedIdx: number;
  /** Ops that it has paid for; counted only where `opsMax` bounds them. */
  readonly opsSpent: number;
  /** idx of the `GRANT_REVOKED`; null while it holds. */
  readonly revokedIdx: number | null;
}

const writer = new CanonicalWriter();

export function grantId(terms: GrantTerms, sha256: Sha256): Digest {
  writer.reset();
  writeTerms(writer, terms);
  return taggedHash('grant', writer.toBytes(), sha256);
}

/** What the holder of the parent signs: bound to the world by the first key that signed its tree heads. */
export function linkBytes(terms: GrantTerms, worldKey: Bytes): Bytes {
  writer.reset();
  writer.array(2);
  writer.bytes(worldKey);
  writeTerms(writer, terms);
  return taggedBytes('grant/link', writer.toBytes());
}

export function grantDigest(grant: Grant, sha256: Sha256): Digest {
  writer.reset();
  writer.array(4);
  writer.bytes(grant.id);
  writer.integer(grant.addedIdx);
  writer.integer(grant.opsSpent);
  writer.integerOrNull(grant.revokedIdx);
  return taggedHash('grant/value', writer.toBytes(), sha256);
}

/** The first bound that terms break, whatever world they meet, or undefined. */
export function termsProblem(terms: GrantTerms): Refusal | undefined {
  const { parent, holder, verbs, kinds, keyPrefix } = terms;
  if (parent !== null && parent.length !== DIGEST_SIZE) return refuse('ID_INVALID', 'parent', 'an id has 32 bytes');
  if (holder.length !== PUBLIC_KEY_SIZE) return refuse('GRANT_INVALID', 'holder', 'a public key has 32 bytes');
  const ranks = verbs.map((verb) => VERBS.indexOf(verb));
  if (ranks.length === 0 || ranks.includes(-1) || !isAscending(ranks)) {
    return refuse('GRANT_INVALID', 'verbs', `verbs are some of ${VERBS.join(', ')}, in that order`);
  }
  if (kinds !== null) {
    if (kinds.length < 1 || kinds.length > GRANT_KINDS_MAX || !kinds.every(isKind) || !isAscending(kinds)) {
      return refuse('GRANT_INVALID', 'kinds', `kinds are 1–${GRANT_KINDS_MAX} different ones, sorted`);
    }
  }
  if (keyPrefix !== null && (keyPrefix.length < 1 || keyPrefix.length > KEY_SIZE_MAX)) {
    return refuse('GRANT_INVALID', 'keyPrefix', `a prefix has 1–${KEY_SIZE_MAX} bytes, not ${keyPrefix.length}`);
  }
  for (const name of ['until', 'opsMax', 'serial'] as const) {
    const value = terms[name];
    if (value === null || (Number.isSafeInteger(value) && value >= 0)) continue;
    return refuse('GRANT_INVALID', name, `${name} is a whole number, not ${value}`);
  }
  return undefined;
}

function isAscending(items: readonly (string | number)[]): boolean {
  return items.every((item, i) => i === 0 || items[i - 1]! < item);
}

export function writeTerms(to: CanonicalWriter, terms: GrantTerms): void {
  to.array(8);
  to.bytesOrNull(terms.parent);
  to.bytes(terms.holder);
  writeTexts(to, terms.verbs);
  if (terms.kinds === null) to.null();
  else writeTexts(to, terms.kinds);
  to.bytesOrNull(terms.keyPrefix);
  to.integerOrNull(terms.until);
  to.integerOrNull(terms.opsMax);
  to.integer(terms.serial);
}

function writeTexts(to: CanonicalWriter, texts: readonly string[]): void {
  to.array(texts.length);
  for (const text of texts) to.text(text);
}

/** Throws a `CanonicalError`, also for terms that break a bound. */
export function readTerms(reader: CanonicalReader): GrantTerms {
  const start = reader.offset;
  reader.arrayOf(8);
  const terms: GrantTerms = {
    parent: readDigestOrNull(reader),
    holder: readDigest(reader), // a key is as long
    verbs: readTexts(reader) as Verb[], // they are looked at below
    kinds: reader.isNull() ? readNull(reader) : readTexts(reader),
    keyPrefix: reader.bytesOrNull(),
    until: reader.countOrNull(),
    opsMax: reader.countOrNull(),
    serial: reader.count(),
  };
  if (termsProblem(terms) !== undefined) throw new CanonicalError('wrong-type', start);
  return terms;
}

function readNull(reader: CanonicalReader): null {
  reader.null();
  return null;
}

function readTexts(reader: CanonicalReader): string[] {
  const texts: string[] = [];
  for (let left = reader.array(); left > 0; left--) texts.push(reader.text());
  return texts;
}
