/**
 * A PostgreSQL of Debian's on a free port of the loopback, with its data in the bench's folder, and clients of it through pg.
 * `fsync` and `synchronous_commit` are on, and all else is as it comes.
 *
 * As root the server runs as the user `postgres`, for it refuses to run as root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, startProgram, type Program } from '../harness/server-process.ts';
import { importPeer } from './import-peer.ts';

export interface Client {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<void>;
  query(
    query: string | { name: string; text: string; values: readonly unknown[] },
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  end(): Promise<void>;
}

interface Pg {
  readonly default: { readonly Client: new (config: object) => Client };
}

export interface PostgresServer {
  readonly pid: number;
  connect(database: string): Promise<Client>;
  /** Ends it at once: its data is thrown away. */
  close(): Promise<void>;
}

/** The database that is there from the start. */
export const FIRST_DATABASE = 'postgres';

/** Where Debian keeps the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';
const USER = 'bench';

export async function startPostgres(dir: string): Promise<PostgresServer> {
  const { Client } = (await importPeer<Pg>('pg')).default;
  const data = join(dir, 'postgres');
  const user = serverUser();
  mkdirSync(data, { mode: 0o700 });
  if (user !== undefined) giveTo(user, data);
  const programs = programsFolder();
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', USER, '--auth=trust', '--no-instructions'], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'on',
    synchronous_commit: 'on',
  };
  const server = await startProgram({
    command: join(programs, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    ...(user && { user }),
    endSignal: 'SIGQUIT',
    isReady: (_, said) => said.includes('database system is ready to accept connections'),
  });
  return {
    pid: server.pid,
    connect: async (database) => {
      const client = new Client({ host: '127.0.0.1', port, user: USER, database });
      client.on('error', () => undefined); // the query in question is told
      await client.connect();
      return client;
    },
    close: () => server.close(),
  };
}

function programsFolder(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (found === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return found;
}

function serverUser(): Program['user'] {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** The folder becomes the user's, who may pass through those above it, up to the temporary one. */
function giveTo({ uid, gid }: NonNullable<Program['user']>, folder: string): void {
  chownSync(folder, uid, gid);
  for (let above = dirname(folder); above !== tmpdir() && above !== dirname(above); above = dirname(above)) {
    chmodSync(above, statSync(above).mode | 0o011);
  }
}
