/**
 * Installs the peers, an npm project of its own that only `--peers` needs.
 *
 * All of them are optional dependencies: what the registry or the machine lacks is left out and said. Nothing tracked
 * by git changes, and no install script runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** Makes the peers available and returns the names of those that are not, and why. */
export function installPeers(note: (text: string) => void): void {
  if (missingPeers().length === 0) return;
  note('installing the peers into bench/peers/node_modules');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { cwd: PEERS, encoding: 'utf8' });
  const missing = missingPeers();
  if (missing.length > 0) note(`could not be installed: ${missing.join(', ')}\n${npm.error?.message ?? npm.stderr}`);
}

/** The peers, as `name@version`, that are not installed at the version that `package.json` pins. */
function missingPeers(): string[] {
  const { optionalDependencies } = readJson('package.json') as {
    readonly optionalDependencies: Record<string, string>;
  }; // our own file
  return Object.entries(optionalDependencies)
    .filter(([name, version]) => {
      const manifest = `node_modules/${name}/package.json`;
      // Every npm package has a version in its manifest.
      return !existsSync(PEERS + manifest) || (readJson(manifest) as { readonly version: string }).version !== version;
    })
    .map(([name, version]) => `${name}@${version}`);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(PEERS + path, 'utf8'));
}
