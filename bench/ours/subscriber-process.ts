/**
 * A process that holds subscriptions to `rewrites` and says how late their events come; started by `workloads/subscribers.ts`.
 *
 * It speaks both protocols over bare sockets and looks for nothing but the time that stands in an event's meta, so that on a
 * shared machine the server is what is measured. Times are the system's monotonic clock, which all processes share.
 */
import { connect, type Socket } from 'node:net';
import { nowUs } from '../harness/shared-clock.ts';

export type Protocol = 'sse' | 'websocket';

export interface HoldRequest {
  readonly do: 'hold';
  readonly port: number;
  readonly protocol: Protocol;
  /** How many subscribe to each workspace, by its number. */
  readonly countByView: readonly number[];
  /** A workspace that one more subscribes to, who reads nothing; null: none. */
  readonly stalledView: number | null;
}

export interface TakeRequest {
  readonly do: 'take';
}

/** How many deliveries there are to take. */
export interface CountRequest {
  readonly do: 'count';
}

/** Of everything that came since the last one. */
export interface Taken {
  readonly heldCount: number;
  readonly deliveredCount: number;
  readonly lateP50Us: number;
  readonly lateP99Us: number;
  readonly lateMaxUs: number;
}

const QUERY = 'subscription ($sws: ID!) { rewrites(view: {kind: SWS, swsId: $sws}) { meta } }';
const BEGUN_AT_ONCE = 64;
const META = Buffer.from('"meta":');
const LINE_END = 10;
const OBJECT_END = 125;

let held = 0;
let late: number[] = [];

/** Takes the chunks of one connection, and notes every time that stands in them. */
function noter(): (chunk: Buffer) => void {
  /** Where a chunk ended in the middle of an event. */
  let begun: Buffer | undefined;
  return (chunk) => {
    const now = nowUs();
    const bytes = begun === undefined ? chunk : Buffer.concat([begun, chunk]);
    let done = 0;
    for (let at = bytes.indexOf(META); at >= 0; at = bytes.indexOf(META, done)) {
      let sentUs = 0;
      let end = at + META.length;
      for (; end < bytes.length; end++) {
        const digit = bytes[end]! - 48;
        if (digit < 0 || digit > 9) break;
        sentUs = 10 * sentUs + digit;
      }
      if (end === bytes.length) break;
      if (sentUs > 0) late.push(now - sentUs);
      done = end;
    }
    // An event ends with a line, or with its object.
    const last = bytes.at(-1);
    begun = last === LINE_END || last === OBJECT_END ? undefined : bytes.subarray(Math.max(done, bytes.length - 64));
  };
}

function subscribeOverSse(port: number, view: number): Promise<Socket> {
  const body = JSON.stringify({ query: QUERY, variables: { sws: String(view) } });
  const head = [
    'POST /graphql/stream HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: text/event-stream',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  return begin(port, `${head}\r\n\r\n${body}`, (socket, chunk) => {
    const text = chunk.toString('latin1');
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`no stream: ${text.slice(0, 400)}`);
    socket.on('data', noter());
    return true;
  });
}

function subscribeOverWebSocket(port: number, view: number): Promise<Socket> {
  const head = [
    'GET /graphql HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol: graphql-transport-ws',
  ].join('\r\n');
  const messages = [
    { id: '1', type: 'subscribe', payload: { query: QUERY, variables: { sws: String(view) } } },
    { type: 'ping' },
  ];
  const isBegun = (socket: Socket, chunk: Buffer): boolean => {
    const text = chunk.toString('latin1');
    if (text.startsWith('HTTP/1.1')) {
      if (!text.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${text.slice(0, 400)}`);
      socket.write(frame(0x81, Buffer.from('{"type":"connection_init"}')));
    }
    if (text.includes('"connection_ack"')) {
      for (const message of messages) socket.write(frame(0x81, Buffer.from(JSON.stringify(message))));
    }
    if (text.includes('"error"')) throw new Error(`no subscription: ${text}`);
    if (!text.includes('"pong"')) return false;
    const note = noter();
    socket.on('data', (frames: Buffer) => {
      // The server asks now and then whether anybody is there, in a frame of two bytes that comes alone.
      if (frames[0] === 0x89) socket.write(frame(0x8a, Buffer.alloc(0)));
      note(frames);
    });
    return true;
  };
  return begin(port, `${head}\r\n\r\n`, isBegun);
}

/** Of a client: masked, with a mask of zeros. */
function frame(type: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [type, 0x80 | length] : [type, 0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

function begin(port: number, head: string, isBegun: (socket: Socket, chunk: Buffer) => boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const onData = (chunk: Buffer): void => {
      try {
        if (!isBegun(socket, chunk)) return;
      } catch (error) {
        return reject(error);
      }
      socket.off('data', onData);
      held += 1;
      resolve(socket);
    };
    socket.on('data', onData);
    socket.on('error', reject);
    socket.on('close', () => (held -= 1));
    socket.write(head);
  });
}

async function hold({ port, protocol, countByView, stalledView }: HoldRequest): Promise<void> {
  const subscribe = protocol === 'sse' ? subscribeOverSse : subscribeOverWebSocket;
  const views = countByView.flatMap((count, view) => Array.from({ length: count }, () => view));
  for (let at = 0; at < views.length; at += BEGUN_AT_ONCE) {
    await Promise.all(views.slice(at, at + BEGUN_AT_ONCE).map((view) => subscribe(port, view)));
  }
  if (stalledView !== null) (await subscribe(port, stalledView)).pause();
}

function take(): Taken {
  const sorted = Float64Array.from(late).sort();
  late = [];
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    heldCount: held,
    deliveredCount: sorted.length,
    lateP50Us: at(0.5),
    lateP99Us: at(0.99),
    lateMaxUs: at(1),
  };
}

process.on('message', (request: HoldRequest | TakeRequest | CountRequest) => {
  if (request.do === 'count') return void process.send?.(late.length);
  if (request.do === 'take') return void process.send?.(take());
  hold(request).then(
    () => process.send?.({ ok: true }),
    (error: unknown) => process.send?.({ ok: false, message: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
