/**
 * The flags that every command of `jitosctl` takes, in front of its name or behind it; a variable of the environment
 * (`JITOS_URL` for `--url`, and so on) stands in for each that isn't given, `--json` and `--view` excepted; and for those that are
 * not given there either, the profile. One that was chosen by a flag comes before the environment.
 * `JITOS_QUANTUM_MS` has no flag: it is the daemon's, and matters here only where a command makes a world by itself.
 */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { resolve } from 'node:path';
import { parseView, viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import { DATA_DIR_DEFAULT, parseQuantum } from './daemon/options.ts';
import type { ChosenProfile, Profile } from './profiles.ts';

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
  readonly profile?: string;
}

export function addGlobalFlags(program: Command): Command {
  return program
    .option('--json', 'answer with one JSON document; errors too')
    .option('--url <address>', 'daemon to talk to; else the one that serves the data folder')
    .option('--token-file <file>', 'file with the token that the daemon asks for')
    .option('--key-file <file>', 'private key to ask as; without it whoever holds the token asks')
    .option('--data-dir <folder>', 'data folder; else ./data')
    .option('--world <name>', `world; else ${WORLD_DEFAULT}`)
    .option('--view <view>', 'system or sws:N; else system')
    .option('--profile <name>', 'what `profile add` has kept under this name; else the one in use');
}

/** Where flags come from that were not typed. */
export interface FlagSources {
  readonly environment: NodeJS.ProcessEnv;
  readonly profile: ChosenProfile | null;
  /** Where relative paths count from. */
  readonly workingDir: string;
}

/** Flags that a profile, too, can stand in for; what is empty is as good as absent. */
type Source = Readonly<Partial<Record<keyof Profile, string | null | undefined>>>;

/** Throws `USAGE` or `VIEW_INVALID`. */
export function readGlobalFlags(raw: RawFlags, { environment, profile, workingDir }: FlagSources): GlobalFlags {
  const variables: Source = {
    url: environment['JITOS_URL'],
    tokenFile: environment['JITOS_TOKEN_FILE'],
    keyFile: environment['JITOS_KEY_FILE'],
    dataDir: environment['JITOS_DATA_DIR'],
    world: environment['JITOS_WORLD'],
  };
  const { url, tokenFile, keyFile, dataDir, world } = unite(raw, variables, profile);
  const pathOf = (path: string | null): string | null => (path === null ? null : resolve(workingDir, path));
  return {
    json: raw.json === true,
    url: url === null ? null : parseAddress(url),
    tokenFile: pathOf(tokenFile),
    keyFile: pathOf(keyFile),
    dataDir: resolve(workingDir, dataDir ?? DATA_DIR_DEFAULT),
    world,
    quantumMs: parseQuantum(environment['JITOS_QUANTUM_MS'] || undefined),
    view: raw.view === undefined ? null : parseView(raw.view, '--view'),
  };
}

/** Tokens, keys and worlds that stand beside a daemon's name are that daemon's: they go to no other one. */
function unite(flags: Source, variables: Source, chosen: ChosenProfile | null): Profile {
  if (chosen === null) return merge(flags, variables);
  const { profile, byFlag } = chosen;
  const above = byFlag ? merge(flags, {}) : merge(flags, variables);
  if (namesDaemon(above)) return byFlag ? merge(flags, variables) : above;
  const below = namesDaemon(profile) ? { world: variables.world } : variables;
  return merge(merge(above, profile), below);
}

/** Each flag of the first source that has it. */
function merge(first: Source, second: Source): Profile {
  const take = (name: keyof Profile): string | null => first[name] || second[name] || null;
  return {
    url: take('url'),
    tokenFile: take('tokenFile'),
    keyFile: take('keyFile'),
    dataDir: take('dataDir'),
    world: take('world'),
  };
}

function namesDaemon({ url, dataDir }: Source): boolean {
  return Boolean(url) || Boolean(dataDir);
}

/** `http://host:port` of whatever path was typed behind it. */
export function parseAddress(text: string): string {
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
