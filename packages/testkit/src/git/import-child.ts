/**
 * Imports a repository in a process of its own, so that a test can kill it.
 *
 *     node import-child.ts <data folder> <repository> <world>
 *
 * Prints `begin`, then `progress <commits>` for each commit that is durable.
 */
import { Host } from '@jitos/daemon/engine/host.ts';
import { importGit } from '@jitos/daemon/planes/git/import-git.ts';
import { openRepository } from '@jitos/daemon/planes/git/git-repository.ts';

const [dataDir, path, name] = process.argv.slice(2);
if (dataDir === undefined || path === undefined || name === undefined)
  throw new Error('usage: <data folder> <repository> <world>');

const host = await Host.open({ dataDir });
const world = host.hasWorld(name) ? host.mustGetWorld(name) : await host.createWorld(name);
const { signal } = new AbortController();
const repository = await openRepository({ path, environment: process.env, signal });
process.stdout.write('begin\n');
await importGit({
  repository,
  world,
  signal,
  onProgress: (commitsDone) => process.stdout.write(`progress ${commitsDone}\n`),
});
await host.close();
