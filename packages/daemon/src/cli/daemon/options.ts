/**
 * What `jitosd` is told, by flags or by the environment (`JITOS_HOST` for `--host`, and so on); a flag wins.
 *
 * Relative paths count from where the user stood: npm moves to the checkout before it runs a script, and leaves the
 * folder it came from in `INIT_CWD`.
 */
import { Command, CommanderError } from 'commander';
import { resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { QUANTUM_MS_DEFAULT } from '../../ports/clock.ts';
import {
  LIMITS_DEFAULT,
  LIMITS_LOCAL_DEFAULT,
  parseRatePolicies,
  type RateLimits,
} from '../../servers/limits/rate-policy.ts';
import { PORT_DEFAULT, PORT_LAST } from '../../servers/http/listen.ts';

export interface DaemonOptions {
  readonly host: string;
  /** Null: the default port, or the next free one. */
  readonly port: number | null;
  /** Where the user stood, absolute. */
  readonly userDir: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly import: ImportChoice;
  readonly socket: SocketChoice;
  /** World that the import goes into; null: named after the repository's folder. */
  readonly world: string | null;
  /** Milliseconds of a tick of the worlds that are made. */
  readonly quantumMs: number;
  /** Whether requests are asked for a token. */
  readonly auth: AuthChoice;
  /** How often each principal may ask. */
  readonly limits: RateLimits;
  /** Of an OpenTelemetry collector, without a slash at the end; null: nothing is sent. */
  readonly otlp: string | null;
}

export type AuthChoice = 'token' | 'none';

/** Which repository is imported at the start: the checkout's own, none, or the one at an absolute path. */
export type ImportChoice =
  { readonly from: 'checkout' } | { readonly from: 'nowhere' } | { readonly from: 'path'; readonly path: string };

/** Where requests are taken line by line: in the data folder if that can be, nowhere, or at an absolute path. */
export type SocketChoice =
  { readonly at: 'data-dir' } | { readonly at: 'nowhere' } | { readonly at: 'path'; readonly path: string };

const QUANTUM_MS_MAX = 86_400_000;
const HOST_DEFAULT = '127.0.0.1';
export const DATA_DIR_DEFAULT = './data';

/** The command line asked for help or the version: `text` goes to standard output. */
export interface Told {
  readonly text: string;
}

export interface CommandLine {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Of this process. */
  readonly workingDir: string;
  readonly version: string;
}

/** For a command line that isn't understood. */
export const USAGE =
  'usage: npm start -- [--import <repo>] [--no-import] [--world <name>] [--host <address>] [--port <number>] [--data-dir <folder>] [--quantum-ms <number>] [--socket <file>] [--no-socket] [--auth token|none] [--limits <list>] [--limits-local <list>] [--otlp <url>]';

/** Throws `USAGE`. */
export function parseDaemonOptions(line: CommandLine): DaemonOptions | Told {
  let text = '';
  const program = makeProgram(line.version).configureOutput({
    writeOut: (piece) => (text += piece),
    writeErr: () => undefined,
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  try {
    program.parse(line.args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw usageFailure(error);
  }
  return toOptions(program.opts<Flags>(), line);
}

/** What commander says about a command line that it doesn't understand. */
export function usageFailure(error: CommanderError): Failure {
  if (error.code === 'commander.help') return new Failure('USAGE', '', 'a command is missing');
  return new Failure('USAGE', '', error.message.replace(/^error: /, '').replaceAll('\n', ' '));
}

/** As commander leaves them: absent unless given. */
interface Flags {
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
  /** False: `--no-import`. */
  readonly import?: string | false;
  readonly world?: string;
  readonly quantumMs?: string;
  /** False: `--no-socket`. */
  readonly socket?: string | false;
  readonly auth?: string;
  readonly limits?: string;
  readonly limitsLocal?: string;
  readonly otlp?: string;
}

function makeProgram(version: string): Command {
  return new Command('jitosd')
    .description('Serves the worlds of a data folder, and imports a git history into one.')
    .version(version)
    .option('--import <repo>', 'git repository to import; else the one that this checkout is')
    .option('--no-import', 'import nothing')
    .option('--world <name>', "world to import into; else named after the repository's folder")
    .option('--host <address>', `address to listen on; else ${HOST_DEFAULT}`)
    .option('--port <number>', `port to listen on; else the first free one of ${PORT_DEFAULT} to ${PORT_LAST}`)
    .option('--data-dir <folder>', 'where the worlds are kept; else ./data')
    .option('--quantum-ms <number>', `milliseconds of a tick of the worlds that are made; else ${QUANTUM_MS_DEFAULT}`)
    .option(
      '--auth <how>',
      'token: ask every request for one; none: whoever reaches the address may do all; else token',
    )
    .option('--socket <file>', 'Unix socket for requests line by line; else jitos.sock in the data folder')
    .option('--no-socket', 'no Unix socket')
    .option('--limits <list>', `how often each key may ask: none, or a list of verbs; else ${LIMITS_DEFAULT}`)
    .option('--limits-local <list>', `the same for whoever holds the daemon's token; else ${LIMITS_LOCAL_DEFAULT}`)
    .option('--otlp <url>', 'OpenTelemetry collector to send traces and metrics to, over HTTP; else nothing is sent')
    .addHelpText('after', HELP_END)
    .allowExcessArguments(false)
    .exitOverride();
}

const HELP_END = `
In the environment the same: JITOS_IMPORT, JITOS_NO_IMPORT=1, JITOS_WORLD, JITOS_HOST, JITOS_PORT, JITOS_DATA_DIR,
JITOS_QUANTUM_MS, JITOS_AUTH, JITOS_LIMITS, JITOS_LIMITS_LOCAL, JITOS_OTLP,
JITOS_SOCKET, JITOS_NO_SOCKET=1.

Examples:
  npm start
  npm start -- --import ../my-project --data-dir ../jitos-data --port 9000`;

function toOptions(flags: Flags, { environment, workingDir }: CommandLine): DaemonOptions {
  // A variable that is empty is as good as absent.
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  const userDir = resolve(workingDir, environment['INIT_CWD'] ?? '');
  const port = flags.port ?? fromEnvironment('JITOS_PORT');
  const socket = flags.socket ?? (fromEnvironment('JITOS_NO_SOCKET') ? false : fromEnvironment('JITOS_SOCKET'));
  const repository = flags.import ?? (fromEnvironment('JITOS_NO_IMPORT') ? false : fromEnvironment('JITOS_IMPORT'));
  return {
    host: flags.host ?? fromEnvironment('JITOS_HOST') ?? HOST_DEFAULT,
    port: port === undefined ? null : parsePort(port),
    userDir,
    dataDir: resolve(userDir, flags.dataDir ?? fromEnvironment('JITOS_DATA_DIR') ?? DATA_DIR_DEFAULT),
    import: toImportChoice(repository, userDir),
    socket: toSocketChoice(socket, userDir),
    world: parseWorld(flags.world ?? fromEnvironment('JITOS_WORLD') ?? null),
    quantumMs: parseQuantum(flags.quantumMs ?? fromEnvironment('JITOS_QUANTUM_MS')),
    auth: parseAuth(flags.auth ?? fromEnvironment('JITOS_AUTH') ?? 'token'),
    otlp: parseEndpoint(flags.otlp ?? fromEnvironment('JITOS_OTLP') ?? null),
    limits: {
      others: parseRatePolicies('--limits', flags.limits ?? fromEnvironment('JITOS_LIMITS') ?? LIMITS_DEFAULT),
      local: parseRatePolicies(
        '--limits-local',
        flags.limitsLocal ?? fromEnvironment('JITOS_LIMITS_LOCAL') ?? LIMITS_LOCAL_DEFAULT,
      ),
    },
  };
}

/** 0 takes any free port. */
function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new Failure('USAGE', '--port', `'${text}' is no port: give a number from 0 to 65535`);
}

/** Up to a day. Throws `USAGE`. */
export function parseQuantum(text: string | undefined): number {
  if (text === undefined) return QUANTUM_MS_DEFAULT;
  const quantumMs = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (quantumMs >= 1 && quantumMs <= QUANTUM_MS_MAX) return quantumMs;
  throw new Failure('USAGE', '--quantum-ms', `'${text}' is no tick: give 1 to ${QUANTUM_MS_MAX} milliseconds`);
}

/** As collectors are named: `http://127.0.0.1:4318`. */
function parseEndpoint(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text.replace(/\/+$/, '');
  throw new Failure('USAGE', '--otlp', `'${text}' is no address: give http://host:port`);
}

function parseAuth(text: string): AuthChoice {
  if (text === 'token' || text === 'none') return text;
  throw new Failure('USAGE', '--auth', `'${text}' is no way to ask who comes: give token or none`);
}

/** Checked here as well as by the host: what is asked for has to be good before anything begins. */
function parseWorld(name: string | null): string | null {
  if (name === null || /^[a-z0-9-]{1,63}$/.test(name)) return name;
  throw new Failure('WORLD_NAME_INVALID', '--world', `'${name}' is not 1–63 characters of a–z, 0–9 and -`);
}

function toImportChoice(repository: string | false | undefined, userDir: string): ImportChoice {
  if (repository === undefined) return { from: 'checkout' };
  return repository === false ? { from: 'nowhere' } : { from: 'path', path: resolve(userDir, repository) };
}

function toSocketChoice(file: string | false | undefined, userDir: string): SocketChoice {
  if (file === undefined) return { at: 'data-dir' };
  return file === false ? { at: 'nowhere' } : { at: 'path', path: resolve(userDir, file) };
}
