/**
 * Installs the peers, an npm project of its own that only `--peers` needs.
 *
 * All of them are optional dependencies: what the registry or the machine lacks is left out and said. Nothing tracked
 * by git changes, and no install script runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** Installs what is missing, and tells what still is afterwards, and why. */
export function installPeers(note: (text: string) => void): void {
  if (missingPeers(PEERS).length === 0) return;
  note('installing the peers into bench/peers/node_modules');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { cwd: PEERS, encoding: 'utf8' });
  const missing = missingPeers(PEERS);
  if (missing.length > 0) note(`could not be installed: ${missing.join(', ')}\n${npm.error?.message ?? npm.stderr}`);
}

/** The optional dependencies of the project in `folder`, as `name@version`, that are not installed at that version. */
export function missingPeers(folder: string): string[] {
  const { optionalDependencies = {} } = readManifest(folder);
  return Object.entries(optionalDependencies)
    .filter(([name, version]) => {
      const installed = join(folder, 'node_modules', name);
      return !existsSync(join(installed, 'package.json')) || readManifest(installed).version !== version;
    })
    .map(([name, version]) => `${name}@${version}`);
}

interface Manifest {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest; // npm wrote it, or holds to it
}
