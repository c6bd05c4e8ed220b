/**
 * A session: what commands ask of the worlds of a data folder. Over HTTP from the daemon that serves it, or in process
 * through the very same GraphQL schema when none does: a command can't tell the two apart.
 */
import type { ViewId } from '@jitos/kernel';
import type { Proof } from '@jitos/kernel/verify';
import type { ArchiveReport, ArchiveRequest } from '../engine/archive-history.ts';
import type { PublicKeys } from '../engine/proofs/signing-keys.ts';
import type { ImportRequest, ImportStatus } from '../planes/git/import-jobs.ts';
import type { AnswerLine } from '../servers/lines/line-connection.ts';
import type { LinkJson, TermsJson } from '../servers/auth/grant-json.ts';
import type { GrantsAnswer } from '../servers/http/grant-routes.ts';
import type { WorldStatus } from '../servers/http/world-status.ts';
import type { TypedPlaces } from './typed-places.ts';

export interface Operation {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Which of the two it is of; v0 unless given. */
  readonly surface?: 'v0' | 'v1';
  /** What was typed for the variables, for errors. */
  readonly places: TypedPlaces;
}

/** Which proof; without a size, of all events that there are. */
export type ProofRequest =
  | { readonly kind: 'inclusion'; readonly idx: number; readonly size: number | null }
  | { readonly kind: 'consistency'; readonly old: number; readonly size: number | null }
  /** `id` in hex. */
  | { readonly kind: 'node' | 'edge'; readonly id: string; readonly view: ViewId };

export type GrantsRequest =
  | { readonly ask: 'list' }
  /** `id` in hex. */
  | { readonly ask: 'show' | 'revoke'; readonly id: string }
  | { readonly ask: 'give'; readonly terms: TermsJson }
  | { readonly ask: 'add'; readonly links: readonly LinkJson[] };

export interface Session {
  /**
   * `data` of a GraphQL operation's answer: `Data` is what the document asks for, as the schema types it. Throws the
   * answer's first error as a `Failure`.
   */
  execute<Data>(world: string, operation: Operation): Promise<Data>;
  /** `data` of each answer of a subscription, until there will be no more or it is stopped. Throws `USAGE` without a daemon. */
  follow<Data>(world: string, operation: Operation, signal: AbortSignal): AsyncIterable<Data>;
  listWorlds(): Promise<readonly WorldStatus[]>;
  createWorld(name: string): Promise<WorldStatus>;
  prove(world: string, request: ProofRequest): Promise<Proof>;
  keys(world: string): Promise<PublicKeys>;
  rotateKey(world: string): Promise<PublicKeys>;
  archive(world: string, request: ArchiveRequest): Promise<ArchiveReport>;
  grants(world: string, request: GrantsRequest): Promise<GrantsAnswer>;
  startImport(request: ImportRequest): Promise<ImportStatus>;
  getImport(id: number): Promise<ImportStatus>;
  /** What one line of `jitosctl jsonl` asks. Throws a `Failure`. */
  readonly answerLine: AnswerLine;
  /** Whether a daemon serves the worlds: others may change them then, and imports go on after `close`. */
  readonly isServed: boolean;
  /** Stops what this process does itself, and frees the folder. Idempotent. */
  close(): Promise<void>;
}
