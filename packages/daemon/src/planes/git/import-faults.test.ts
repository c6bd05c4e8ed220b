import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyedNodeId, nodesOfKind, trieCount, type Bytes, type Command } from '@jitos/kernel';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { dataCommand, startFastImport } from '@jitos/testkit/git/fast-import.ts';
import { makeLargeRepository } from '@jitos/testkit/git/make-large-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { openWorld, type OpenWorld } from '../../engine/open-world.ts';
import { sha256 } from '../../engine/sha256.ts';
import { Failure } from '../../errors/failure.ts';
import { MemoryLog } from '../../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../../logs/memory/memory-rewrite-index.ts';
import type { Batch } from '../../ports/log.ts';
import { openRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';
import { COMMIT_KIND, FILE_KIND } from './import-ops.ts';
import { importPosition } from './import-position.ts';

const LOCAL = { principal: 'local', requestId: null, meta: null } as const;

/** A log that has no room for its `fullAt`-th append, and room again after it. */
class BrieflyFullLog extends MemoryLog {
  #appendsLeft: number;

  constructor(fullAt: number) {
    super({ store: { batches: [] }, sync: 'async' });
    this.#appendsLeft = fullAt;
  }

  override append(batch: Batch): Promise<void> | undefined {
    this.#appendsLeft -= 1;
    if (this.#appendsLeft === 0) throw new Failure('LOG_FULL', '', 'no room');
    return super.append(batch);
  }
}

async function importAll(path: string, world: OpenWorld): Promise<number> {
  const { signal } = new AbortController();
  const repository = await openRepository({ path, environment: process.env, signal });
  const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
  return commitsImported;
}

function commitCount({ loop }: OpenWorld): number {
  return trieCount(nodesOfKind(loop.world.system.graph, COMMIT_KIND));
}

test('a disk that is full for a moment costs no commit: the import goes on where it was', async () => {
  const repository = makeTempFolder();
  try {
    await makeLargeRepository({ path: repository.path, commits: 1500, files: 20, pathsPerCommit: 1 });
    const log = new BrieflyFullLog(3);
    const world = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
    await assert.rejects(importAll(repository.path, world), { reason: 'LOG_FULL' });
    await world.loop.drain();
    assert.equal(commitCount(world), importPosition(world.loop.world.system.graph)?.count ?? 0);
    await importAll(repository.path, world);
    assert.equal(commitCount(world), 1500);
    assert.equal(trieCount(world.loop.world.workspaces), 0);
  } finally {
    repository.remove();
  }
});

test('a commit that is refused stops the import before the commits behind it', async () => {
  const repository = makeTempFolder();
  try {
    const first = startHistory(repository.path);
    first.write({ message: 'A', changes: 'M 100644 inline f\ndata 1\n1\n' });
    await first.end();
    const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
    const world = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
    await importAll(repository.path, world);
    await removeNode(world, keyedNodeId(FILE_KIND, 'f' as Bytes, sha256)); // ASCII
    const root = runGit({ cwd: repository.path, args: ['rev-parse', 'HEAD'] }).trim();
    const more = startHistory(repository.path);
    more.write({ message: 'B', from: root, changes: 'D f\n' });
    // A sibling: it needs nothing of B, so nothing but the importer holds it back.
    more.write({
      message: 'C',
      ref: 'refs/heads/side',
      from: root,
      changes: 'M 100644 inline g\ndata 1\n1\n',
      seconds: 1,
    });
    more.write({ message: 'M', merge: 'refs/heads/side', changes: '', seconds: 2 });
    await more.end();
    const order = runGit({ cwd: repository.path, args: ['log', '--topo-order', '--reverse', '--format=%s', 'HEAD'] });
    assert.deepEqual(order.trim().split('\n'), ['A', 'B', 'C', 'M']);
    await assert.rejects(importAll(repository.path, world), { reason: 'ELEMENT_NOT_FOUND' });
    await world.loop.drain();
    assert.equal(commitCount(world), 1, 'neither the refused commit nor the one behind it is there');
    assert.equal(importPosition(world.loop.world.system.graph)?.count, 1);
  } finally {
    repository.remove();
  }
});

interface MadeCommit {
  readonly message: string;
  readonly changes: string;
  readonly ref?: string;
  readonly from?: string;
  readonly merge?: string;
  /** After the first commit. */
  readonly seconds?: number;
}

interface HistoryWriter {
  write(commit: MadeCommit): void;
  end(): Promise<void>;
}

function startHistory(path: string): HistoryWriter {
  runGit({ cwd: path, args: ['init', '--quiet', '--bare', '--initial-branch=main', '.'] });
  const fastImport = startFastImport(path);
  const written: Promise<void>[] = [];
  return {
    write({ message, changes, ref = 'refs/heads/main', from, merge, seconds = 0 }) {
      const person = `A <a@jitos.example> ${1_600_000_000 + seconds} +0000`;
      const header = `commit ${ref}\nauthor ${person}\ncommitter ${person}\n${dataCommand(message)}`;
      const parents = `${from === undefined ? '' : `from ${from}\n`}${merge === undefined ? '' : `merge ${merge}\n`}`;
      written.push(Promise.resolve(fastImport.write(`${header}${parents}${changes}\n`)));
    },
    async end() {
      await Promise.all(written);
      await fastImport.end();
    },
  };
}

async function removeNode({ loop }: OpenWorld, id: ReturnType<typeof keyedNodeId>): Promise<void> {
  const number = loop.world.workspaceCount;
  const commands: Command[] = [
    { ...LOCAL, type: 'createWorkspace' },
    { ...LOCAL, type: 'applyRewrite', view: number, ops: [{ op: 'DeleteNode', id, expect: null }] },
    { ...LOCAL, type: 'collapseWorkspace', workspace: number, policyId: null },
  ];
  for (const command of commands) assert.ok('kind' in (await loop.submit(command)));
}
