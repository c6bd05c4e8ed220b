/** Grants as JSON: terms, links and what a world tells of a grant (`docs/spec/authority.md`). */
import {
  bytesToHex,
  digestToHex,
  PUBLIC_KEY_SIZE,
  termsProblem,
  VERBS,
  type Bytes,
  type Digest,
  type Grant,
  type GrantTerms,
  type Verb,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { bytesFromBase64, bytesToBase64, invalid, readObject, readText, wrongType } from '../graphql/json-value.ts';
import { readHash } from '../graphql/op-json.ts';

export interface TermsJson {
  /** In hex, as all ids and keys. */
  readonly parent: string | null;
  readonly holder: string;
  readonly verbs: readonly Verb[];
  readonly kinds: readonly string[] | null;
  readonly keyPrefix_b64: string | null;
  readonly until: number | null;
  readonly opsMax: number | null;
  readonly serial: number;
}

export interface LinkJson {
  readonly terms: TermsJson;
  /** Of the parent's holder, in base64. */
  readonly signature: string;
}

export interface GrantJson extends TermsJson {
  readonly id: string;
  readonly addedIdx: number;
  readonly opsSpent: number;
  readonly revokedIdx: number | null;
}

export interface Link {
  readonly terms: GrantTerms & { readonly parent: Digest };
  readonly signature: Bytes;
}

export function termsToJson(terms: GrantTerms): TermsJson {
  const { parent, holder, verbs, kinds, keyPrefix, until, opsMax, serial } = terms;
  return {
    parent: parent === null ? null : digestToHex(parent),
    holder: bytesToHex(holder),
    verbs,
    kinds,
    keyPrefix_b64: keyPrefix === null ? null : bytesToBase64(keyPrefix),
    until,
    opsMax,
    serial,
  };
}

export function grantToJson(grant: Grant): GrantJson {
  const { id, addedIdx, opsSpent, revokedIdx } = grant;
  return { id: digestToHex(id), ...termsToJson(grant), addedIdx, opsSpent, revokedIdx };
}

/** Throws `FORMAT_INVALID`, `FIELD_UNKNOWN`, `ID_INVALID`, `BASE64_INVALID` or `GRANT_INVALID`, at places in `place`. */
export function termsFromJson(json: unknown, place: string): GrantTerms {
  const at = (name: string): string => `${place}.${name}`;
  const given = readObject(json, place, {
    required: ['holder', 'verbs'],
    optional: ['parent', 'kinds', 'keyPrefix_b64', 'until', 'opsMax', 'serial'],
  });
  const { parent = null, kinds = null, keyPrefix_b64: prefix = null, until = null, opsMax = null } = given;
  const terms: GrantTerms = {
    parent: parent === null ? null : readHash(parent, at('parent')),
    holder: readKey(given.holder, at('holder')),
    verbs: readVerbs(given.verbs, at('verbs')),
    kinds: kinds === null ? null : readTexts(kinds, at('kinds')).toSorted(byBytes),
    keyPrefix: prefix === null ? null : bytesFromBase64(prefix, at('keyPrefix_b64')),
    until: until === null ? null : readCount(until, at('until')),
    opsMax: opsMax === null ? null : readCount(opsMax, at('opsMax')),
    serial: readCount(given.serial ?? 0, at('serial')),
  };
  const problem = termsProblem(terms);
  if (problem === undefined) return terms;
  throw new Failure(
    problem.reason,
    at(problem.place === 'keyPrefix' ? 'keyPrefix_b64' : problem.place),
    problem.detail,
  );
}

/** Throws what `termsFromJson` throws. */
export function linkFromJson(json: unknown, place: string): Link {
  const { terms, signature } = readObject(json, place, { required: ['terms', 'signature'], optional: [] });
  const { parent, ...others } = termsFromJson(terms, `${place}.terms`);
  if (parent === null) throw new Failure('GRANT_INVALID', `${place}.terms.parent`, 'what has no parent is no link');
  return { terms: { parent, ...others }, signature: bytesFromBase64(signature, `${place}.signature`) };
}

/** A public key. */
export function readKey(json: unknown, place: string): Bytes {
  const key: Bytes = readHash(json, place); // both are 32 bytes, in hex
  if (key.length !== PUBLIC_KEY_SIZE) throw new Error('a key is as long as a digest');
  return key;
}

/** In any order. */
function readVerbs(json: unknown, place: string): readonly Verb[] {
  const given = readTexts(json, place);
  const unknown = given.find((verb) => !VERBS.some((known) => known === verb));
  if (unknown !== undefined) {
    throw new Failure('GRANT_INVALID', place, `there is no verb '${unknown}': there are ${VERBS.join(', ')}`);
  }
  return VERBS.filter((verb) => given.includes(verb));
}

function readTexts(json: unknown, place: string): readonly string[] {
  if (!Array.isArray(json)) throw wrongType(place, 'a list', json);
  return json.map((each, i) => readText(each, `${place}[${i}]`));
}

/** Kinds are ASCII. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readCount(json: unknown, place: string): number {
  if (typeof json === 'number' && Number.isSafeInteger(json) && json >= 0) return json;
  throw invalid(place, 'not a whole number');
}
