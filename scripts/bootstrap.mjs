/**
 * Makes a checkout ready to run: installs what the lockfile names and puts the pinned Node first on npm's PATH.
 *
 * It runs before every npm script, on whatever Node (20 or newer) started npm, so it is plain JavaScript and
 * needs no package. When there is nothing to do it costs a few milliseconds and says nothing.
 *
 * - B1 `node_modules` fits the lockfile: a stamp inside it holds the digest of everything that shaped it. The stamp
 *   is written last, so an interrupted install is repeated.
 * - B2 `node_modules/.bin/node` is the pinned Node. npm links it itself, but npm 10 drops the link again when it
 *   removes the package of the other platform, which has the same `bin`.
 * - B3 Where no Node is pinned, or the pinned one doesn't run (another libc), the user's own must be new enough.
 * - B4 Nothing tracked changes, and no install script runs (npm 12 blocks them, so nothing may need one).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.jitos-install');
const nodeLink = join(root, 'node_modules', '.bin', 'node');
const platform = `${process.platform}-${process.arch}`;

/**
 * `npm ci` would refuse a lockfile that names platform packages which a registry lacks. Some packages want a newer
 * Node than the one npm runs on; they get the pinned one, so npm's word on that is neither shown nor obeyed.
 */
const installCommand = [
  'install',
  '--no-save',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--engine-strict=false',
  '--loglevel=error',
  '--include=dev',
  '--include=optional',
];

function say(text) {
  process.stderr.write(`jitos: ${text}\n`);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Every package.json of the checkout: the root's and the workspaces'. */
function manifestFiles() {
  const files = [join(root, 'package.json')];
  for (const pattern of readJson(files[0]).workspaces ?? []) {
    const folder = join(root, pattern.replace(/\/\*$/, ''));
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    files.push(...names.map((name) => join(folder, name, 'package.json')).filter((file) => existsSync(file)));
  }
  return files;
}

function wantedStamp() {
  const hash = createHash('sha256').update(platform);
  for (const file of [join(root, 'package-lock.json'), ...manifestFiles()]) hash.update(readFileSync(file));
  return `${hash.digest('hex')}\n`;
}

function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

/** Runs the npm that runs this script, or else the first on the PATH. Its output goes to stderr. */
function npm(args) {
  const npmCli = process.env['npm_execpath'] ?? '';
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  if (!npmCli.endsWith('npm-cli.js')) return spawnSync('npm', args, options);
  return spawnSync(process.env['npm_node_execpath'] ?? process.execPath, [npmCli, ...args], options);
}

/** Installs and stamps; false if npm failed. */
function install(stamp) {
  say('installing what package-lock.json names; this takes a moment');
  rmSync(stampFile, { force: true });
  const { status, error } = npm(installCommand);
  if (status !== 0) {
    say(`npm install failed (${error?.message ?? `status ${status}`}), see above. Packages come from npm's registry:`);
    say('check that this machine reaches it (`npm ping`), then run the same command again');
    return false;
  }
  writeFileSync(stampFile, stamp);
  return true;
}

/** Links the pinned Node where npm scripts find it; false if none is pinned here, or it isn't there or doesn't run. */
function linkPinnedNode() {
  const name = `node-${platform}`;
  const version = readJson(join(root, 'package.json')).optionalDependencies?.[name];
  const program = join(root, 'node_modules', name, 'bin', 'node');
  const printed = version && existsSync(program) ? spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout : '';
  if (printed?.trim() !== `v${version}`) {
    rmSync(nodeLink, { force: true });
    return false;
  }
  if (!existsSync(nodeLink)) {
    // Made beside it and renamed, so that of two starts at once neither fails.
    const fresh = `${nodeLink}.${process.pid}`;
    symlinkSync(join('..', name, 'bin', 'node'), fresh);
    renameSync(fresh, nodeLink);
  }
  return true;
}

function isOwnNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

function main() {
  const stamp = wantedStamp();
  if (!isInstalled(stamp) && !install(stamp)) return 1;
  if (linkPinnedNode() || isOwnNodeNewEnough()) return 0;
  say(`Node 24.12 or newer is needed, this is ${process.version}, and the Node that comes with jitos isn't available`);
  say(`for ${platform}. Install Node 24 (https://nodejs.org), see that \`node --version\` prints it, and try again.`);
  return 1;
}

process.exitCode = main();
