/**
 * Following a subscription of a daemon (`docs/spec/graphql.md`): the stream is asked for again, behind what has arrived, however
 * often its connection ends.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../errors/failure.ts';
import { REGISTRY } from '../errors/registry.ts';
import { toFailure } from './remote-failure.ts';

export interface FollowRequest {
  /** Of the stream. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With `query` and `variables`. */
  readonly body: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const RETRY_AFTER_MS = 250;
const RETRY_AFTER_MS_MAX = 5000;

/**
 * The `data` of each answer, in order, until the daemon says that there will be no more. Throws the daemon's error unless that passes, and
 * `DAEMON_UNREACHABLE` where the first connection fails.
 */
export async function* followStream<Data>(request: FollowRequest): AsyncGenerator<Data> {
  let lastId: string | null = null;
  let retryAfterMs = RETRY_AFTER_MS;
  while (!request.signal.aborted) {
    try {
      for await (const { id, event, data } of readStream(request, lastId)) {
        lastId = id;
        retryAfterMs = RETRY_AFTER_MS;
        if (event === 'complete') return;
        if (event === 'next' || event === 'error') yield mustGetData(data) as Data; // what the document asks for
      }
    } catch (error) {
      if (request.signal.aborted) return;
      const mayPass = error instanceof Failure && REGISTRY[error.reason].retry === 'later';
      if (lastId === null || !mayPass) throw error;
    }
    await wait(retryAfterMs, undefined, { signal: request.signal }).catch(() => undefined);
    retryAfterMs = Math.min(2 * retryAfterMs, RETRY_AFTER_MS_MAX);
  }
}

interface StreamEvent {
  readonly id: string;
  /** Empty for what only moves the position. */
  readonly event: string;
  readonly data: string;
}

/** The events of one connection. Throws what the daemon answers instead, or `DAEMON_UNREACHABLE`. */
async function* readStream(request: FollowRequest, lastId: string | null): AsyncGenerator<StreamEvent> {
  const { url, headers, body, signal } = request;
  const resumed = lastId === null ? {} : { 'last-event-id': lastId };
  let id = lastId ?? '';
  const blocks = new Blocks();
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, ...resumed },
      body,
      redirect: 'error',
      signal,
    });
    if (!answer.ok || answer.body === null) throw refusalOf(await answer.text(), url);
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      for (const block of blocks.take(piece)) {
        const fields = new Map(block.split('\n').map((line): [string, string] => fieldOf(line)));
        id = fields.get('id') ?? id;
        yield { id, event: fields.get('event') ?? '', data: fields.get('data') ?? '' };
      }
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('DAEMON_UNREACHABLE', url, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

/** Takes text apart at its empty lines, wherever it was cut; no piece is looked at twice. */
export class Blocks {
  readonly #begun: string[] = [];
  /** A line end at the end of what came: the next piece may begin with another. */
  #held = '';

  /** The blocks that the piece ends. */
  take(piece: string): readonly string[] {
    const [first = '', ...rest] = `${this.#held}${piece}`.split('\n\n');
    this.#held = '';
    const blocks: string[] = [];
    this.#begun.push(first);
    for (const part of rest) {
      blocks.push(this.#begun.splice(0).join(''));
      this.#begun.push(part);
    }
    const last = this.#begun.pop() ?? '';
    this.#held = last.endsWith('\n') ? '\n' : '';
    this.#begun.push(last.slice(0, last.length - this.#held.length));
    return blocks;
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(': ');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}

interface ToldErrors {
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly reason: string; readonly place: string };
  }[];
}

/** Throws the first error that is told. */
function mustGetData(text: string): unknown {
  const { data, errors } = JSON.parse(text) as ToldErrors & { readonly data?: unknown }; // what docs/spec/graphql.md promises
  const error = errors?.[0];
  if (error !== undefined) throw toFailure({ ...error.extensions, detail: error.message });
  return data;
}

/** What was answered in place of a stream: an answer of GraphQL, or an error of a route. */
function refusalOf(text: string, url: string): Failure {
  let told: ToldErrors & { readonly error?: Parameters<typeof toFailure>[0] };
  try {
    told = JSON.parse(text) as typeof told; // one of the two shapes
  } catch {
    return new Failure('DAEMON_UNREACHABLE', url, 'what answers there is not jitosd');
  }
  const [error] = told.errors ?? [];
  if (error !== undefined) return toFailure({ ...error.extensions, detail: error.message });
  return told.error === undefined
    ? new Failure('DAEMON_UNREACHABLE', url, 'what answers there is not jitosd')
    : toFailure(told.error);
}
