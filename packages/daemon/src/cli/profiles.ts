/**
 * Profiles: daemons by name, for whoever uses several.
 *
 *     $XDG_CONFIG_HOME/jitos/profiles.json, else ~/.config/jitos/profiles.json
 *     {"current": "lab"|null, "profiles": {"lab": {"url", "tokenFile", "keyFile", "dataDir", "world"}}}
 *
 * - F1 It holds no secret: files of tokens and keys are named in it, by absolute paths, and read where they are.
 * - F2 It is its owner's alone, and refused otherwise: whoever could write it would choose where tokens are sent to.
 * - F3 It is replaced whole or not at all.
 */
import { mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Failure } from '../errors/failure.ts';
import { diskFaultToFailure } from '../logs/file/log-failures.ts';
import { readPrivateFile, replacePrivateFile } from './private-file.ts';

/** What a profile stands in for: the flags of these names; null where it has none. */
export interface Profile {
  readonly url: string | null;
  readonly tokenFile: string | null;
  readonly keyFile: string | null;
  readonly dataDir: string | null;
  readonly world: string | null;
}

export interface Profiles {
  /** The one that is used where none is named. */
  readonly current: string | null;
  readonly byName: ReadonlyMap<string, Profile>;
}

const FIELDS = ['url', 'tokenFile', 'keyFile', 'dataDir', 'world'] as const satisfies readonly (keyof Profile)[];
const NONE: Profiles = { current: null, byName: new Map() };
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const FILE_SIZE_BYTES_MAX = 1_048_576;

/** Null where the environment names no home. */
export function profilesPath(environment: NodeJS.ProcessEnv): string | null {
  const { XDG_CONFIG_HOME: config = '', HOME: home = '' } = environment;
  // A relative one is to be ignored, the XDG specification says.
  if (isAbsolute(config)) return join(config, 'jitos', 'profiles.json');
  return isAbsolute(home) ? join(home, '.config', 'jitos', 'profiles.json') : null;
}

/** None where there is no file. Throws `PROFILES_UNFIT`, or what the disk says. */
export function readProfiles(environment: NodeJS.ProcessEnv): Profiles {
  const path = profilesPath(environment);
  if (path === null) return NONE;
  let bytes: string | undefined;
  try {
    bytes = readPrivateFile(path, 'PROFILES_UNFIT', FILE_SIZE_BYTES_MAX);
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'reading the profiles');
  }
  return bytes === undefined ? NONE : profilesOf(Buffer.from(bytes, 'latin1').toString('utf8'), path);
}

/** Throws `USAGE` where there is no place for them, or what the disk says. */
export function writeProfiles(environment: NodeJS.ProcessEnv, { current, byName }: Profiles): string {
  const path = profilesPath(environment);
  if (path === null)
    throw new Failure('USAGE', '', 'neither XDG_CONFIG_HOME nor HOME names a folder to keep profiles in');
  const profiles = Object.fromEntries([...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    replacePrivateFile(path, `${JSON.stringify({ current, profiles }, null, 2)}\n`);
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'writing the profiles');
  }
  return path;
}

/** Throws `USAGE`. */
export function mustBeProfileName(name: string): string {
  if (NAME.test(name)) return name;
  throw new Failure(
    'USAGE',
    '<name>',
    `'${name}' is no name: 1 to 64 letters, digits, '.', '_' and '-', the first no sign`,
  );
}

/** Throws `PROFILE_NOT_FOUND` at `place`. */
export function mustGetProfile({ byName }: Profiles, name: string, place: string): Profile {
  const profile = byName.get(name);
  if (profile !== undefined) return profile;
  throw new Failure('PROFILE_NOT_FOUND', place, `there is no profile '${name}'`);
}

/** A profile that is to be used, and whether a flag chose it. */
export interface ChosenProfile {
  readonly profile: Profile;
  readonly byFlag: boolean;
}

/** The profile that `--profile` names, else `JITOS_PROFILE`, else the current one. Throws `PROFILE_NOT_FOUND`. */
export function chooseProfile(flag: string | undefined, environment: NodeJS.ProcessEnv): ChosenProfile | null {
  const profiles = readProfiles(environment);
  const chosen = chooseProfileName(profiles, flag, environment);
  if (chosen === null) return null;
  const { name, place } = chosen;
  return { profile: mustGetProfile(profiles, name, place ?? '--profile'), byFlag: flag !== undefined };
}

/** Its name, and where that stands if it was not typed; null: none is used. */
export function chooseProfileName(
  { current }: Profiles,
  typed: string | undefined,
  environment: NodeJS.ProcessEnv,
): { readonly name: string; readonly place: string | null } | null {
  if (typed !== undefined) return { name: typed, place: null };
  const variable = environment['JITOS_PROFILE'] || undefined;
  if (variable !== undefined) return { name: variable, place: 'JITOS_PROFILE' };
  return current === null ? null : { name: current, place: profilesPath(environment) ?? '' };
}

function profilesOf(text: string, path: string): Profiles {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Failure('PROFILES_UNFIT', path, 'this is not JSON');
  }
  const unfit = (): Failure => new Failure('PROFILES_UNFIT', path, 'it does not hold profiles');
  if (!isRecord(told) || !isRecord(told['profiles'])) throw unfit();
  const { current = null, profiles } = told;
  if (current !== null && typeof current !== 'string') throw unfit();
  const byName = Object.entries(profiles).map(([name, value]): [string, Profile] => {
    if (!NAME.test(name) || !isProfile(value)) throw unfit();
    return [name, value];
  });
  return { current, byName: new Map(byName) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProfile(value: unknown): value is Profile {
  return isRecord(value) && FIELDS.every((name) => value[name] === null || typeof value[name] === 'string');
}
