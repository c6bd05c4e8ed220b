/**
 * Persisted queries, as Apollo's clients ask for them: a document by its SHA-256, sent along once when it is not known.
 *
 *     {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hex}}, "query"?: …}
 *
 * Documents are learned once they have run, so that nobody fills the memory with what is none; those that were used last are
 * kept, within bounds. Whoever knows a hash could have sent the document.
 */
import { hash } from 'node:crypto';
import { Failure } from '../../errors/failure.ts';
import { wrongType } from '../graphql/json-value.ts';

const COUNT_MAX = 1024;
/** Of all texts together, in UTF-16: that of a document as well. */
const LENGTH_MAX = 4_194_304;
const DOCUMENT_LENGTH_MAX = 65_536;
const HASH = /^[0-9a-f]{64}$/;

type Json = Readonly<Record<string, unknown>>;

export interface MeantRequest {
  /** The request, with its document. */
  readonly json: unknown;
  /** To be called once the document has run; undefined where there is nothing to learn. */
  readonly learn: (() => void) | undefined;
}

export class PersistedQueries {
  /** The one used last at the end. */
  readonly #textByHash = new Map<string, string>();
  #length = 0;

  /** Throws `PERSISTED_QUERY_NOT_FOUND`, `PERSISTED_QUERY_MISMATCH`, or `BODY_MALFORMED`. */
  readMeant(json: unknown): MeantRequest {
    const sha256 = hashIn(json);
    if (sha256 === undefined) return { json, learn: undefined };
    const { query } = json as Json; // it has extensions
    if (query !== undefined && query !== null && query !== '') return this.#readGiven(json, query, sha256);
    const text = this.#textByHash.get(sha256);
    // The message is what Apollo's clients look for.
    if (text === undefined) throw new Failure('PERSISTED_QUERY_NOT_FOUND', PLACE, 'PersistedQueryNotFound');
    this.#textByHash.delete(sha256);
    this.#textByHash.set(sha256, text);
    return { json: { ...(json as Json), query: text }, learn: undefined }; // it has extensions
  }

  #readGiven(json: unknown, query: unknown, sha256: string): MeantRequest {
    if (typeof query !== 'string') throw malformed(wrongType('query', 'text', query).message, 'query');
    if (hash('sha256', query, 'hex') !== sha256) {
      throw new Failure('PERSISTED_QUERY_MISMATCH', PLACE, 'provided sha does not match query');
    }
    return { json, learn: () => this.#learn(sha256, query) };
  }

  #learn(sha256: string, text: string): void {
    if (text.length > DOCUMENT_LENGTH_MAX || this.#textByHash.has(sha256)) return;
    this.#textByHash.set(sha256, text);
    this.#length += text.length;
    for (const [oldest, { length }] of this.#textByHash) {
      if (this.#textByHash.size <= COUNT_MAX && this.#length <= LENGTH_MAX) break;
      this.#textByHash.delete(oldest);
      this.#length -= length;
    }
  }
}

const PLACE = 'extensions.persistedQuery.sha256Hash';

/** The hash that a request names; undefined if it names none. */
function hashIn(json: unknown): string | undefined {
  if (!isRecord(json) || !isRecord(json['extensions'])) return undefined;
  const { persistedQuery } = json['extensions'];
  if (persistedQuery === undefined || persistedQuery === null) return undefined;
  const { version, sha256Hash } = isRecord(persistedQuery) ? persistedQuery : {};
  if (version === 1 && typeof sha256Hash === 'string' && HASH.test(sha256Hash)) return sha256Hash;
  throw malformed('a persisted query has version 1 and a SHA-256 in lowercase hex', 'extensions.persistedQuery');
}

function malformed(detail: string, place: string): Failure {
  return new Failure('BODY_MALFORMED', place, detail);
}

function isRecord(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
