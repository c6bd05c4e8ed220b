/** The overview: all worlds, and the last rewrites of one; as it is, and as a stream of events. */
import type { ServerResponse } from 'node:http';
import type { Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { VERSION } from '../version.ts';
import { WorldMonitor, type RewriteSummary } from './world-monitor.ts';
import type { WorldStatus } from './world-status.ts';

export interface Overview {
  readonly version: string;
  readonly worlds: readonly WorldStatus[];
  /** Whose rewrites follow. */
  readonly world: string;
  /** Newest first. */
  readonly rewrites: readonly RewriteSummary[];
}

/** Watches every world of a host, those that are made later from when they are first asked about. */
export class Overviews {
  readonly #host: Host;
  readonly #monitorByName = new Map<string, WorldMonitor>();

  constructor(host: Host) {
    this.#host = host;
    this.#monitors();
  }

  statuses(): readonly WorldStatus[] {
    return this.#monitors().map((monitor) => monitor.status());
  }

  /** Throws `WORLD_NOT_FOUND`. */
  status(name: string): WorldStatus {
    return this.#mustGetMonitor(name).status();
  }

  /** Of a world, or of the one with the longest history. Throws `WORLD_NOT_FOUND`. */
  overview(name: string | null): Overview {
    const worlds = this.statuses();
    const world = name ?? busiest(worlds);
    return { version: VERSION, worlds, world, rewrites: this.#mustGetMonitor(world).lastRewrites() };
  }

  /** Settles once every world's rewrites from before the watch are known. */
  async ready(): Promise<void> {
    await Promise.all(this.#monitors().map((monitor) => monitor.ready));
  }

  close(): void {
    for (const monitor of this.#monitorByName.values()) monitor.close();
  }

  #mustGetMonitor(name: string): WorldMonitor {
    let monitor = this.#monitorByName.get(name);
    if (monitor === undefined) {
      monitor = new WorldMonitor(this.#host.mustGetWorld(name));
      this.#monitorByName.set(name, monitor);
    }
    return monitor;
  }

  #monitors(): WorldMonitor[] {
    return this.#host.worlds().map(({ name }) => this.#mustGetMonitor(name));
  }
}

function busiest(worlds: readonly WorldStatus[]): string {
  return worlds.reduce((a, b) => (b.idx > a.idx ? b : a)).name; // a host has `main`
}

export const STREAMS_MAX = 64;
const TICK_MS = 250;
const HEARTBEAT_TICKS = 60;
/** A reader that has this much left to read is not sent more. */
const UNREAD_BYTES_MAX = 262_144;
const UNREAD_TICKS_MAX = 120;

interface Stream {
  readonly response: ServerResponse;
  readonly world: string | null;
  /** What was sent last. */
  sent: string;
  quietTicks: number;
  unreadTicks: number;
}

/** Readers of the live overview. One timer serves all, and only while there are any. */
export class OverviewStreams {
  readonly #overviews: Overviews;
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(overviews: Overviews) {
    this.#overviews = overviews;
  }

  /** Takes over an answer that has no head yet. Throws `OVERLOADED`, `SHUTTING_DOWN` or `WORLD_NOT_FOUND` before it writes. */
  add(response: ServerResponse, world: string | null, headers: Readonly<Record<string, string>>): void {
    if (this.#isClosed) throw new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
    if (this.#streams.size >= STREAMS_MAX) throw new Failure('OVERLOADED', '', `${STREAMS_MAX} streams are being read`);
    const first = JSON.stringify(this.#overviews.overview(world));
    const stream: Stream = { response, world, sent: '', quietTicks: 0, unreadTicks: 0 };
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.once('close', () => this.#remove(stream));
    response.on('error', () => this.#remove(stream));
    this.#streams.add(stream);
    this.#send(stream, first);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends every stream; there will be no other. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) {
      this.#remove(stream);
      stream.response.end();
    }
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const textByWorld = new Map<string | null, string>();
    for (const stream of this.#streams) {
      const { world } = stream;
      const text = textByWorld.get(world) ?? JSON.stringify(this.#overviews.overview(world));
      textByWorld.set(world, text);
      this.#serve(stream, text);
    }
  }

  #serve(stream: Stream, text: string): void {
    if (stream.response.writableLength > UNREAD_BYTES_MAX) {
      stream.unreadTicks += 1;
      if (stream.unreadTicks > UNREAD_TICKS_MAX) stream.response.destroy();
      return;
    }
    stream.unreadTicks = 0;
    if (text !== stream.sent) return this.#send(stream, text);
    stream.quietTicks += 1;
    if (stream.quietTicks < HEARTBEAT_TICKS) return;
    stream.quietTicks = 0;
    stream.response.write(': still here\n\n');
  }

  #send(stream: Stream, text: string): void {
    stream.sent = text;
    stream.quietTicks = 0;
    stream.response.write(`event: overview\ndata: ${text}\n\n`);
  }
}
