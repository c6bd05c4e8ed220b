/** A session with a daemon, over its HTTP interface (`docs/spec/http.md`). */
import type { Proof } from '@jitos/kernel/verify';
import type { ArchiveReport } from '../engine/archive-history.ts';
import { viewText } from '../engine/view-text.ts';
import type { PublicKeys } from '../engine/proofs/signing-keys.ts';
import { Failure } from '../errors/failure.ts';
import type { ImportRequest, ImportStatus } from '../planes/git/import-jobs.ts';
import { readToken } from './daemon/token-file.ts';
import { readKeyFile, type PrincipalKey } from './key-file.ts';
import { logIn } from './key-session.ts';
import { WORLD_DEFAULT } from './flags.ts';
import { followStream } from './follow-stream.ts';
import { toFailure, type ToldError } from './remote-failure.ts';
import { graphqlEnvelope } from '../servers/plain/graphql-envelope.ts';
import type { GrantsAnswer } from '../servers/http/grant-routes.ts';
import type { WorldStatus } from '../servers/http/world-status.ts';
import type { Operation, ProofRequest, Session } from './session.ts';
import type { Progress } from './terminal/progress.ts';

export interface HttpSessionOptions {
  /** Without a slash at the end. */
  readonly address: string;
  /** Milliseconds that an answer may take; absent: longer than any takes. */
  readonly answerTimeoutMs?: number;
  /** Absolute; null: no token is sent. */
  readonly tokenFile: string | null;
  /** Absolute; of a key to log in with, in the token's place. */
  readonly keyFile: string | null;
}

/** Longer than any answer takes; the daemon's own bounds are tighter. */
const TIMEOUT_MS = 120_000;
/** For what copies a whole history. */
const LONG_TIMEOUT_MS = 24 * 3_600_000;

/** Connects on the first request. Throws what `readToken` and `readKeyFile` throw. */
export function openHttpSession(options: HttpSessionOptions, progress: Progress): Session {
  const { address, tokenFile, keyFile, answerTimeoutMs = TIMEOUT_MS } = options;
  const http = new HttpClient(
    address,
    keyFile !== null ? readKeyFile(keyFile, '--key-file') : tokenFile === null ? null : readToken(tokenFile),
    { progress, answerTimeoutMs },
  );
  return {
    isServed: true,
    execute: <Data>(world: string, operation: Operation) => http.graphql<Data>(world, operation),
    follow: <Data>(world: string, operation: Operation, signal: AbortSignal) => {
      return http.follow<Data>(world, operation, signal);
    },
    async listWorlds() {
      return (await http.request<{ readonly worlds: readonly WorldStatus[] }>('GET', '/v1/worlds')).worlds;
    },
    createWorld: (name) => http.request<WorldStatus>('POST', '/v1/worlds', { name }),
    prove: (world, request) => {
      const query = proofQuery(request).toString();
      return http.request<Proof>('GET', `/v1/worlds/${encodeURIComponent(world)}/proofs/${request.kind}?${query}`);
    },
    keys: (world) => http.request<PublicKeys>('GET', keysPath(world)),
    rotateKey: (world) => http.request<PublicKeys>('POST', keysPath(world), {}),
    archive: (world, { to, before }) => {
      const body = { to, ...(before === null ? {} : { before }) };
      return http.request<ArchiveReport>('POST', `/v1/worlds/${encodeURIComponent(world)}/archive`, body, {
        timeoutMs: LONG_TIMEOUT_MS,
      });
    },
    grants: (world, request) => {
      const path = `/v1/worlds/${encodeURIComponent(world)}/grants`;
      switch (request.ask) {
        case 'list':
          return http.request<GrantsAnswer>('GET', path);
        case 'show':
          return http.request<GrantsAnswer>('GET', `${path}/${encodeURIComponent(request.id)}`);
        case 'revoke':
          return http.request<GrantsAnswer>('POST', `${path}/${encodeURIComponent(request.id)}/revoke`, {});
        case 'give':
          return http.request<GrantsAnswer>('POST', path, { terms: request.terms });
        case 'add':
          return http.request<GrantsAnswer>('POST', path, { links: request.links });
      }
    },
    startImport: ({ repository, world }: ImportRequest) => {
      return http.request<ImportStatus>('POST', '/v1/imports', { repository, ...(world === null ? {} : { world }) });
    },
    getImport: (id) => http.request<ImportStatus>('GET', `/v1/imports/${id}`),
    answerLine: async ({ world, ask }, signal) => {
      return ask.type === 'command'
        ? await http.request('POST', `/v1/worlds/${encodeURIComponent(world)}/commands`, ask.command, { signal })
        : graphqlEnvelope(await http.request('POST', graphqlPath(world), ask.parameters, { signal }));
    },
    close: () => Promise.resolve(),
  };
}

function proofQuery(request: ProofRequest): URLSearchParams {
  if ('id' in request) {
    return new URLSearchParams({ id: request.id, view: viewText(request.view) });
  }
  const { size } = request;
  const query = new URLSearchParams(
    request.kind === 'inclusion' ? { idx: `${request.idx}` } : { old: `${request.old}` },
  );
  if (size !== null) query.set('size', `${size}`);
  return query;
}

function keysPath(world: string): string {
  return `/v1/worlds/${encodeURIComponent(world)}/keys`;
}

interface GraphqlError {
  readonly message: string;
  readonly extensions: { readonly reason: string; readonly place: string };
}

/** When an answer is not waited for any more. */
interface Until {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface HttpManners {
  readonly progress: Progress;
  readonly answerTimeoutMs: number;
}

class HttpClient {
  readonly #address: string;
  readonly #credential: PrincipalKey | string | null;
  readonly #progress: Progress;
  readonly #answerTimeoutMs: number;
  #token: Promise<string | null> | undefined;

  /** `credential` is a key, a token, or null where nobody is asked. */
  constructor(address: string, credential: PrincipalKey | string | null, { progress, answerTimeoutMs }: HttpManners) {
    this.#address = address;
    this.#credential = credential;
    this.#progress = progress;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  async graphql<Data>(world: string, { document, variables, surface }: Operation): Promise<Data> {
    const path = graphqlPath(world, surface);
    const answer = await this.request<{ data?: Data; errors?: readonly GraphqlError[] }>('POST', path, {
      query: document,
      variables,
    });
    const error = answer.errors?.[0];
    if (error !== undefined) throw toFailure({ ...error.extensions, detail: error.message });
    if (answer.data === undefined) throw this.#strange();
    return answer.data;
  }

  async *follow<Data>(world: string, { document, variables }: Operation, signal: AbortSignal): AsyncGenerator<Data> {
    const url = `${this.#address}${graphqlPath(world)}/stream`;
    const headers = { ...(await this.#headers('application/json')), accept: 'text/event-stream' };
    yield* followStream<Data>({ url, headers, body: JSON.stringify({ query: document, variables }), signal });
  }

  /** The body of a good answer: `Body` is what the route answers. Throws the daemon's error, or `DAEMON_UNREACHABLE`. */
  async request<Body>(method: 'GET' | 'POST', path: string, body?: unknown, until: Until = {}): Promise<Body> {
    const headers = await this.#headers(body === undefined ? null : 'application/json');
    return await this.#ask<Body>(path, { method, headers, body }, until);
  }

  async #ask<Body>(path: string, question: Question, until: Until): Promise<Body> {
    const answer = await this.#fetch(path, question, until);
    const value: unknown = await answer.json().catch(() => undefined);
    if (typeof value !== 'object' || value === null) throw this.#strange();
    if (!answer.ok && 'error' in value) throw toFailure(value.error as ToldError); // the shape of every error of the interface
    if (!answer.ok && !('errors' in value)) throw this.#strange();
    return value as Body; // what docs/spec/http.md promises
  }

  async #fetch(
    path: string,
    { method, headers, body }: Question,
    { timeoutMs = this.#answerTimeoutMs, signal }: Until,
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const waiting = this.#showWaiting();
    try {
      return await fetch(`${this.#address}${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        redirect: 'error',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      throw new Failure('DAEMON_UNREACHABLE', this.#address, causeOf(error), { cause: error });
    } finally {
      waiting.end();
    }
  }

  async #headers(contentType: string | null): Promise<Record<string, string>> {
    const token = await (this.#token ??= this.#makeToken());
    return { ...plainHeaders(contentType), ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  }

  /** A key logs in before it asks anything else. */
  async #makeToken(): Promise<string | null> {
    const credential = this.#credential;
    if (credential === null || typeof credential === 'string') return credential;
    return await logIn(this.#address, credential, (path, body) =>
      this.#ask(path, { method: 'POST', headers: plainHeaders('application/json'), body }, {}),
    );
  }

  /** Somebody who sits at a terminal sees that an answer takes its time; a log needs no such lines. */
  #showWaiting(): { readonly end: () => void } {
    const progress = this.#progress;
    if (!progress.isTerminal) return { end: () => undefined };
    let seconds = 0;
    const timer = setInterval(() => {
      seconds += 1;
      progress.update({
        label: `waiting for ${this.#address}`,
        done: seconds,
        total: null,
        unit: 's',
        perSecond: null,
      });
    }, 1000);
    return {
      end: () => {
        clearInterval(timer);
        if (seconds > 0) progress.end();
      },
    };
  }

  #strange(): Failure {
    return new Failure('DAEMON_UNREACHABLE', this.#address, 'what answers there is not jitosd');
  }
}

interface Question {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

function plainHeaders(contentType: string | null): Record<string, string> {
  return { accept: 'application/json', ...(contentType === null ? {} : { 'content-type': contentType }) };
}

function graphqlPath(world: string, surface: 'v0' | 'v1' = 'v0'): string {
  const end = surface === 'v1' ? '/v1/graphql' : '/graphql';
  return world === WORLD_DEFAULT ? end : `/w/${encodeURIComponent(world)}${end}`;
}

/** `fetch` says only that it failed; why stands in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
