/** One request and its answer. Asks once: `retrying` is around it. */
import type { Json } from '../wire/operation.ts';
import { parseJson, toldError } from './answer.ts';
import type { Credentials } from './credentials.ts';
import { strangeAnswer, Unreachable } from './errors.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  /** Without a slash at the end. */
  readonly address: string;
  readonly credentials: Credentials;
  readonly fetch: Fetch;
  /** Of one attempt. */
  readonly timeoutMs: number;
}

export interface HttpRequest {
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export class Http {
  readonly address: string;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.address = options.address;
    this.#options = options;
  }

  get credentials(): Credentials {
    return this.#options.credentials;
  }

  /** The text of a good answer. Throws the daemon's error, or `Unreachable`. */
  async text(request: HttpRequest): Promise<string> {
    const { answer, text } = await this.#exchange(request);
    if (answer.ok) return text;
    throw toldError(parseJson(text) ?? null, retryAfterMsOf(answer)) ?? strangeAnswer(this.address);
  }

  /** An answer in JSON, good or bad, and how long the daemon asks to wait. Throws `Unreachable`. */
  async json(request: HttpRequest): Promise<{ readonly json: Json; readonly retryAfterMs: number | undefined }> {
    const { answer, text } = await this.#exchange(request);
    const json = parseJson(text);
    if (json === undefined) throw strangeAnswer(this.address);
    return { json, retryAfterMs: retryAfterMsOf(answer) };
  }

  async #exchange(request: HttpRequest): Promise<{ readonly answer: Response; readonly text: string }> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    const answer = await this.open({ ...request, signal: AbortSignal.any([request.signal, timeout]) }, request.signal);
    try {
      return { answer, text: await answer.text() };
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    }
  }

  /** An answer whose body is still to come. `abort` is the caller's own signal, whose reason is thrown as it is. */
  async open(request: HttpRequest, abort: AbortSignal = request.signal): Promise<Response> {
    const authorization = await this.credentials.authorization();
    const answer = await this.#fetch(request, authorization, abort);
    if (answer.status !== 401 || !this.credentials.renew(authorization)) return answer;
    await answer.body?.cancel();
    return await this.#fetch(request, await this.credentials.authorization(), abort);
  }

  async #fetch(
    { path, body, headers = {}, signal }: HttpRequest,
    authorization: string | undefined,
    abort: AbortSignal,
  ): Promise<Response> {
    const sent = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...headers,
    };
    const rest = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) };
    try {
      return await this.#options.fetch(`${this.address}${path}`, { ...rest, headers: sent, redirect: 'error', signal });
    } catch (error) {
      throw this.#unreachable(error, abort);
    }
  }

  #unreachable(error: unknown, abort: AbortSignal): unknown {
    return abort.aborted ? abort.reason : new Unreachable(this.address, causeOf(error), { cause: error });
  }
}

/** `fetch` says only that it failed; why stands in the cause, if anywhere. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

/** Seconds, as jitosd sends them; a date is not understood. */
function retryAfterMsOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}
