/**
 * Starts a TypeScript program of the daemon from a plain JavaScript `bin`, whatever Node runs it.
 *
 * A Node that runs `.ts` as it stands loads the program in this process. An older one starts the Node of the
 * checkout instead and stays in between: it passes signals on, and ends as the program ended.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inCheckout = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'];

function runsTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

/** Installs what is missing in a checkout where no npm script ran yet; false if that failed. */
function bootstrap() {
  if (existsSync(inCheckout('node_modules/.jitos-install'))) return true;
  return spawnSync(process.execPath, [inCheckout('scripts/bootstrap.mjs')], { stdio: 'inherit' }).status === 0;
}

/** Runs `program` (a path) on the Node at `node`, as if it had been started in place of this process. */
export function runOn(node, program) {
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`jitos: ${node} can't be started: ${error.message}\n`);
    process.exitCode = 5;
  });
  child.on('exit', (status, signal) => {
    if (signal === null) process.exit(status);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Runs `program`, a file URL. */
export async function launch(program) {
  if (!bootstrap()) process.exit(5);
  if (runsTypeScript()) await import(program.href);
  else runOn(inCheckout('node_modules/.bin/node'), fileURLToPath(program));
}
