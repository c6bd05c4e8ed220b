/** Subscriptions as server-sent events, read by `fetch`: the way of listening that needs nothing but HTTP. */
import { mustGetData, parseJson, toldError } from './answer.ts';
import { strangeAnswer, Unreachable } from './errors.ts';
import { causeOf } from './http.ts';
import type { LiveEvent, LiveHost, LiveRequest, LiveSource } from './live.ts';
import { Watchdog } from './watchdog.ts';

/** What the wire calls an event: its fields by name. */
type Fields = ReadonlyMap<string, string>;

export function serverSentEvents(host: LiveHost): LiveSource {
  return { open: (request) => readConnection(host, request) };
}

async function* readConnection({ http, path, clock }: LiveHost, request: LiveRequest): AsyncGenerator<LiveEvent, void> {
  const { text: query, variables, after, signal } = request;
  const silence = new AbortController();
  const answer = await http.open(
    {
      path: `${path}/stream`,
      body: { query, variables },
      headers: { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) },
      signal: AbortSignal.any([signal, silence.signal]),
    },
    signal,
  );
  if (!answer.ok || answer.body === null) {
    throw toldError(parseJson(await answer.text()) ?? null) ?? strangeAnswer(http.address);
  }
  const dog = new Watchdog(clock, () => silence.abort(new Error('nothing has come for too long')));
  let position = after ?? '';
  try {
    for await (const fields of readFields(answer.body, dog)) {
      position = fields.get('id') ?? position;
      const event = fields.get('event');
      if (event === 'complete') return;
      const data = event === undefined ? undefined : parseJson(fields.get('data') ?? '');
      if (event === 'next' || event === 'error') yield { position, data: mustGetData(data, http.address) };
      else if (fields.has('id')) yield { position, data: undefined };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted || isNetworkError(error))
      throw new Unreachable(http.address, causeOf(error), { cause: error });
    throw error;
  } finally {
    dog[Symbol.dispose]();
  }
  throw new Unreachable(http.address, 'the stream was cut off');
}

/** What a body throws whose connection has broken: a `TypeError` everywhere. */
function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError;
}

/** The events in a body. Each character is looked at once, however the pieces are cut. */
async function* readFields(body: ReadableStream<Uint8Array>, dog: Watchdog): AsyncGenerator<Fields, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let fields = new Map<string, string>();
  /** Of the line whose end is still to come. */
  let begun: string[] = [];
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      dog.heard();
      const lines = decoder.decode(read.value, { stream: true }).split('\n');
      for (const [i, piece] of lines.entries()) {
        begun.push(piece);
        if (i === lines.length - 1) continue;
        const line = begun.length === 1 ? piece : begun.join('');
        begun = [];
        if (line !== '') addField(fields, line);
        else if (fields.size > 0) {
          yield fields;
          fields = new Map();
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** `name: value`; what begins with a colon is a comment. The daemon sends each field on one line. */
function addField(fields: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  if (colon <= 0) return;
  fields.set(line.slice(0, colon), line.slice(line.startsWith(': ', colon) ? colon + 2 : colon + 1));
}
