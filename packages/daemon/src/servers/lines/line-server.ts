/**
 * The Unix socket of a daemon: requests line by line, for whoever may open its file.
 *
 * - U1 The file is readable and writable by its owner alone from the moment that it is there. That is what vouches for a client.
 * - U2 A file that a daemon left behind is replaced; one that something answers on, or that is no socket, is never touched.
 */
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { MAIN_WORLD } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { LineConnection, LINES_SIZE_BYTES_MAX, type AnswerLine } from './line-connection.ts';
import { LineRoom } from './line-room.ts';

const CONNECTIONS_MAX = 64;
/** Who takes no answer for so long is cut off. */
const SILENCE_MS = 60_000;
/** What is still being answered after this long is cut off when the server closes. */
const DRAIN_TIMEOUT_MS = 5_000;
const FAREWELL_MS = 200;
/** Bytes of `sun_path`, the zero at its end left out. */
const PATH_SIZE_BYTES_MAX = process.platform === 'linux' ? 107 : 103;
const OWNER_ALONE = 0o177;

export interface LineServerOptions {
  /** Absolute. */
  readonly path: string;
  readonly answer: AnswerLine;
  readonly onBug: (error: unknown) => void;
}

export class LineServer {
  readonly path: string;
  readonly #options: LineServerOptions;
  readonly #server: Server;
  readonly #room = new LineRoom(LINES_SIZE_BYTES_MAX);
  readonly #connections = new Map<LineConnection, Socket>();
  #closing: Promise<void> | undefined;

  private constructor(options: LineServerOptions) {
    this.#options = options;
    this.path = options.path;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Listens. Throws `ADDRESS_IN_USE`, or `ADDRESS_INVALID` for a path that can not be listened on. */
  static async listen(options: LineServerOptions): Promise<LineServer> {
    const { path } = options;
    const sizeBytes = Buffer.byteLength(path);
    if (sizeBytes > PATH_SIZE_BYTES_MAX) {
      const detail = `a socket's path has at most ${PATH_SIZE_BYTES_MAX} bytes, not ${sizeBytes}: name a shorter one`;
      throw new Failure('ADDRESS_INVALID', path, detail);
    }
    await removeStale(path);
    const server = new LineServer(options);
    await server.#listen();
    return server;
  }

  /** Takes no more, answers what is under way, ends every connection and removes the file. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (fault: NodeJS.ErrnoException) => {
        const reason = fault.code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'ADDRESS_INVALID';
        reject(new Failure(reason, this.path, fault.message, { cause: fault }));
      });
      // The file is made within the call (U1).
      const umask = process.umask(OWNER_ALONE);
      try {
        this.#server.listen(this.path, resolve);
      } finally {
        process.umask(umask);
      }
    });
  }

  #serve(socket: Socket): void {
    socket.setTimeout(SILENCE_MS, () => {
      if (socket.writableNeedDrain) socket.destroy();
    });
    const { answer, onBug } = this.#options;
    const connection = new LineConnection({
      input: socket,
      output: socket,
      answer,
      world: MAIN_WORLD,
      room: this.#room,
      onBug,
    });
    this.#connections.set(connection, socket);
    socket.once('close', () => this.#connections.delete(connection));
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const connections = [...this.#connections.keys()];
    for (const connection of connections) connection.close();
    let cutOff = setTimeout(() => this.#cutOff(), DRAIN_TIMEOUT_MS);
    await Promise.all(connections.map(({ ended }) => ended));
    clearTimeout(cutOff);
    // Who is told that there is no more hangs up; who does not is not waited for.
    cutOff = setTimeout(() => this.#cutOff(), FAREWELL_MS);
    await stopped;
    clearTimeout(cutOff);
  }

  #cutOff(): void {
    for (const socket of this.#connections.values()) socket.destroy();
  }
}

/** U2 */
async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Failure('ADDRESS_INVALID', path, 'something stands there that is no socket');
  if (await isAnswered(path)) throw new Failure('ADDRESS_IN_USE', path, 'another program listens there');
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (isAnsweredBy: boolean): void => {
      socket.destroy();
      resolve(isAnsweredBy);
    };
    socket.once('connect', () => settle(true));
    // Nobody listens any more; any other fault leaves the file to somebody.
    socket.once('error', (fault: NodeJS.ErrnoException) => settle(fault.code !== 'ECONNREFUSED'));
  });
}
