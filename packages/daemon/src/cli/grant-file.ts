/**
 * A grant as a file, to be narrowed and handed on without a daemon (`docs/spec/cli.md`).
 *
 *     {"format": "jitos-grant/1", "worldKey", "grant", "terms", "links"}
 *
 * `links` lead from what the world has taken up to this grant: none where that is this grant itself.
 */
import { digestToHex, grantId, hexToBytes, linkBytes, type Bytes, type GrantTerms } from '@jitos/kernel';
import { readFileSync, writeFileSync } from 'node:fs';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';
import { errnoOf } from '../ports/disk.ts';
import { termsFromJson, termsToJson, type LinkJson, type TermsJson } from '../servers/auth/grant-json.ts';
import type { PrincipalKey } from './key-file.ts';

const FORMAT = 'jitos-grant/1';

export interface GrantFile {
  readonly format: typeof FORMAT;
  /** In hex: what links are signed with, so that they are of one world. */
  readonly worldKey: string;
  /** Its id, in hex. */
  readonly grant: string;
  readonly terms: TermsJson;
  readonly links: readonly LinkJson[];
}

export function grantFile(worldKey: string, terms: GrantTerms, links: readonly LinkJson[]): GrantFile {
  return { format: FORMAT, worldKey, grant: digestToHex(grantId(terms, sha256)), terms: termsToJson(terms), links };
}

/** Throws `USAGE`. */
export function readGrantFile(path: string): GrantFile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (fault) {
    const why = errnoOf(fault) === '' ? 'it is no JSON' : `it can't be read: ${errnoOf(fault)}`;
    throw new Failure('USAGE', '<file>', `${path}: ${why}`, { cause: fault });
  }
  const { format, worldKey, links } = (json ?? {}) as Partial<GrantFile>; // looked at below
  if (format !== FORMAT || typeof worldKey !== 'string' || !/^[0-9a-f]{64}$/.test(worldKey) || !Array.isArray(links)) {
    throw new Failure('USAGE', '<file>', `${path} is no file of a grant`);
  }
  return json as GrantFile; // its terms are read where they are used
}

/** Throws `USAGE`. */
export function writeGrantFile(path: string, file: GrantFile): void {
  try {
    writeFileSync(path, `${JSON.stringify(file)}\n`, { flag: 'wx' });
  } catch (fault) {
    throw new Failure('USAGE', '--out', `${path} can't be written: ${errnoOf(fault)}`, { cause: fault });
  }
}

/** The grant handed on by its holder. Throws `USAGE` for another's key, and for what would allow more than the grant does. */
export function narrowGrant(file: GrantFile, key: PrincipalKey, narrower: Omit<GrantTerms, 'parent'>): GrantFile {
  const held = termsFromJson(file.terms, 'terms');
  if (held.holder !== key.publicKey) throw new Failure('USAGE', '--key-file', 'the key is not the holder of the grant');
  mustNarrow(held, narrower);
  const terms = { ...narrower, parent: grantId(held, sha256) };
  const message = Buffer.from(linkBytes(terms, mustGetKey(file)), 'latin1');
  const link = { terms: termsToJson(terms), signature: key.sign(message).toString('base64') };
  return grantFile(file.worldKey, terms, [...file.links, link]);
}

function mustGetKey({ worldKey }: GrantFile): Bytes {
  const key = hexToBytes(worldKey);
  if (key === undefined) throw new Error('the key of the file was looked at');
  return key;
}

/** What is left out would be of no use: the world holds each link to all before it. */
function mustNarrow({ verbs }: GrantTerms, { verbs: wanted }: Pick<GrantTerms, 'verbs'>): void {
  const more = wanted.find((verb) => !verbs.includes(verb) && (verb === 'work' || !verbs.includes('control')));
  if (more !== undefined)
    throw new Failure('USAGE', '--verbs', `the grant does not allow '${more}': a link only narrows`);
}
