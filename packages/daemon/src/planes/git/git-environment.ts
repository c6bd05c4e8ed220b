/**
 * The two environments in which this plane runs git.
 *
 * Finding a repository needs the user's own configuration, because that is where `safe.directory` stands and git
 * alone should judge it. Reading needs none of it: the same repository reads the same on every machine.
 *
 * - E1 In neither does git run a program that the repository configures. Its configuration can't be left out, for it
 *   says what the format is; but what the environment configures stands above it.
 */

/** Names and values for a child process. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Setting = readonly [key: string, value: string];

/** What the reading depends on, fixed. */
const FIXED: Environment = {
  LC_ALL: 'C',
  // No lock is taken and nothing is refreshed in a repository that we only read.
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  // History is what the objects say, not what replacements or grafts make of it.
  GIT_NO_REPLACE_OBJECTS: '1',
  // Were the file there, even an empty one, git would complain of its age.
  GIT_GRAFT_FILE: '/dev/null/none',
  // A missing object is an error, never a download. Old versions of git know only the second.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
};

/**
 * What would make the commands of this plane run a program: `diff-tree` reads the index, and asks a monitor what has
 * changed since. All else that git runs for its configuration (pagers, filters, helpers) needs a terminal, a patch, a
 * file to check out or a download.
 */
const PROGRAMS_OFF: readonly Setting[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
];

/**
 * Users may let git take a bare repository only when it is named. Here it always is: nothing but the folder that was
 * asked for is taken. Naming it to git by `GIT_DIR` would pass over `safe.directory`.
 */
const BARE_IS_NAMED: Setting = ['safe.bareRepository', 'all'];

/** For finding a repository: the user's configuration counts, the variables that point at another repository don't. */
export function findingEnvironment(environment: Environment): Environment {
  const kept = withoutGit(environment, (name) => name.startsWith('GIT_CONFIG_'));
  // A count that is no number stays none, and git refuses it.
  const countBefore = Number(kept['GIT_CONFIG_COUNT'] ?? 0);
  return { ...kept, ...FIXED, ...configuration(countBefore, [...PROGRAMS_OFF, BARE_IS_NAMED]) };
}

/** For reading the repository at `gitDir`, which was found before. */
export function readingEnvironment(environment: Environment, gitDir: string): Environment {
  return {
    ...withoutGit(environment, () => false),
    ...FIXED,
    ...configuration(0, PROGRAMS_OFF),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_DIR: gitDir,
  };
}

/** Configuration in the environment, after the entries that are there. */
function configuration(countBefore: number, settings: readonly Setting[]): Environment {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(countBefore + settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${countBefore + index}`] = key;
    variables[`GIT_CONFIG_VALUE_${countBefore + index}`] = value;
  }
  return variables;
}

function withoutGit(environment: Environment, isKept: (name: string) => boolean): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('GIT_') || isKept(name)));
}
