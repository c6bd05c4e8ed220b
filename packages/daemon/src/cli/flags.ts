/**
 * The flags that every command of `jitosctl` takes, in front of its name or behind it; a variable of the environment
 * (`JITOS_URL` for `--url`, and so on) stands in for each that isn't given, `--json` and `--view` excepted.
 * `JITOS_QUANTUM_MS` has no flag: it is the daemon's, and matters here only where a command makes a world by itself.
 */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { resolve } from 'node:path';
import { parseView, viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import { DATA_DIR_DEFAULT, parseQuantum } from './daemon/options.ts';

/** The host's main world; named anew because a command that talks to a daemon doesn't load the engine. */
export const WORLD_DEFAULT = 'main';

export interface GlobalFlags {
  readonly json: boolean;
  /** Address of a daemon, without a slash at the end; null: the one that serves the data folder, if any. */
  readonly url: string | null;
  /** Absolute; null: no token is sent. */
  readonly tokenFile: string | null;
  /** Absolute; null: the command is not asked for with a key. */
  readonly keyFile: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Null if none was named. */
  readonly world: string | null;
  /** Milliseconds of a tick of the worlds that are made. */
  readonly quantumMs: number;
  /** Null if none was named. */
  readonly view: ViewId | null;
}

/** As commander leaves them: absent unless given. */
export interface RawFlags {
  readonly json?: true;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly keyFile?: string;
  readonly dataDir?: string;
  readonly world?: string;
  readonly view?: string;
}

export function addGlobalFlags(program: Command): Command {
  return program
    .option('--json', 'answer with one JSON document; errors too')
    .option('--url <address>', 'daemon to talk to; else the one that serves the data folder')
    .option('--token-file <file>', 'file with the token that the daemon asks for')
    .option('--key-file <file>', 'private key to ask as; without it whoever holds the token asks')
    .option('--data-dir <folder>', 'data folder; else ./data')
    .option('--world <name>', `world; else ${WORLD_DEFAULT}`)
    .option('--view <view>', 'system or sws:N; else system');
}

/** Throws `USAGE` or `VIEW_INVALID`. */
export function readGlobalFlags(raw: RawFlags, environment: NodeJS.ProcessEnv, workingDir: string): GlobalFlags {
  // A variable that is empty is as good as absent.
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  const url = raw.url ?? fromEnvironment('JITOS_URL');
  const tokenFile = raw.tokenFile ?? fromEnvironment('JITOS_TOKEN_FILE');
  const keyFile = raw.keyFile ?? fromEnvironment('JITOS_KEY_FILE');
  return {
    json: raw.json === true,
    url: url === undefined ? null : parseAddress(url),
    tokenFile: tokenFile === undefined ? null : resolve(workingDir, tokenFile),
    keyFile: keyFile === undefined ? null : resolve(workingDir, keyFile),
    dataDir: resolve(workingDir, raw.dataDir ?? fromEnvironment('JITOS_DATA_DIR') ?? DATA_DIR_DEFAULT),
    world: raw.world ?? fromEnvironment('JITOS_WORLD') ?? null,
    quantumMs: parseQuantum(fromEnvironment('JITOS_QUANTUM_MS')),
    view: raw.view === undefined ? null : parseView(raw.view, '--view'),
  };
}

/** `http://host:port` of whatever path was typed behind it. */
function parseAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  throw new Failure('USAGE', '--url', `'${text}' is no address: give one such as http://127.0.0.1:8080`);
}

const SWS_ARGUMENT = '<sws>';

/** What names the workspace that a command is about. */
export function typedWorkspace(named: string | undefined): string {
  return named === undefined ? '--view' : SWS_ARGUMENT;
}

/** The workspace that a command is about: named behind it (`0` or `sws:0`), or by `--view`. Throws `USAGE`. */
export function mustGetWorkspace(named: string | undefined, { view }: GlobalFlags): number {
  if (named === undefined) {
    if (typeof view === 'number') return view;
    throw new Failure('USAGE', SWS_ARGUMENT, 'name a workspace, as in `0` or `--view sws:0`');
  }
  const number = parseWorkspace(SWS_ARGUMENT, named);
  if (view !== null && view !== number) {
    throw new Failure('USAGE', SWS_ARGUMENT, `'${named}' and --view ${viewText(view)} name different views`);
  }
  return number;
}

/** A workspace that `typed` names, as `0` or `sws:0`. Throws `USAGE`. */
export function parseWorkspace(typed: string, named: string): number {
  const number = /^(?:sws:)?(\d{1,15})$/.exec(named)?.[1];
  if (number !== undefined) return Number(number);
  const detail = named === 'system' ? 'System is not a workspace' : `'${named}' is no workspace`;
  throw new Failure('USAGE', typed, `${detail}: name one as in \`0\` or \`sws:0\``);
}

/** A whole number given to a flag. Throws `USAGE`. */
export function parseCount(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Failure('USAGE', flag, `'${text}' is not a whole number`);
}
