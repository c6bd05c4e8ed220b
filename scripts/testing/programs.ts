/**
 * The programs that tests call, and how they get onto a machine that lacks them.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program on the PATH → Debian package that brings it. */
const PACKAGE_BY_PROGRAM: Readonly<Record<string, string>> = {
  chromium: 'chromium',
  git: 'git',
  python3: 'python3',
  strace: 'strace',
};

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** The programs of the table that no folder of `path` has. */
export function missingPrograms(path: string): string[] {
  return Object.keys(PACKAGE_BY_PROGRAM).filter((program) => !isOnPath(program, path));
}

/** The command that installs them on Debian. */
export function installCommand(programs: readonly string[]): string {
  const packages = programs.map((program) => PACKAGE_BY_PROGRAM[program] ?? program);
  return `apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
}

/** Installs what is missing where it may (root on Debian), says how where it may not; returns what is still missing. */
export function ensurePrograms(note: (text: string) => void): string[] {
  const path = process.env['PATH'] ?? '';
  const missing = missingPrograms(path);
  if (missing.length === 0) return [];
  const command = installCommand(missing);
  if (process.getuid?.() !== 0 || !isOnPath('apt-get', path)) {
    note(`Tests need ${missing.join(', ')}, which this machine lacks. On Debian: sudo sh -c '${command}'`);
    return missing;
  }
  note(`Installing what tests need: ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('sh', ['-c', command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const left = missingPrograms(path);
  if (left.length > 0) note(`Could not install ${left.join(', ')}; try: ${command}`);
  return left;
}
