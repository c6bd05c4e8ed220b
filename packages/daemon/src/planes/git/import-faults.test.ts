import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyedNodeId, nodesOfKind, trieCount, type Bytes, type Command } from '@jitos/kernel';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { dataCommand, startFastImport } from '@jitos/testkit/git/fast-import.ts';
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

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;

/** A log whose `fullAt`-th append fails for want of room, but not before it is told to; then there is room again. */
class BrieflyFullLog extends MemoryLog {
  #appendsLeft: number;
  readonly #fail = Promise.withResolvers<never>();

  constructor(fullAt: number) {
    super({ store: { batches: [] }, sync: 'async' });
    this.#appendsLeft = fullAt;
  }

  override append(batch: Batch): Promise<void> | undefined {
    this.#appendsLeft -= 1;
    return this.#appendsLeft === 0 ? this.#fail.promise : super.append(batch);
  }

  fail(): void {
    this.#fail.reject(new Failure('LOG_FULL', '', 'no room'));
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

test('a disk that is full for a moment costs no commit: the import goes on where it was', async (context) => {
  const repository = makeTempFolder();
  try {
    await makeSiblings(repository.path, SIBLINGS);
    const commits = SIBLINGS + 2;
    // The first append is the world's own beginning, the second has the root.
    const log = new BrieflyFullLog(3);
    const world = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
    // Nothing fails before the last commit waits: the first ones are durable, some are lost, the others are in the queue.
    const run = world.loop.run.bind(world.loop);
    const parts: Promise<unknown>[] = [];
    const running = context.mock.method(world.loop, 'run', (...args: Parameters<typeof run>) => {
      const part = run(...args);
      if (parts.push(part) === commits) log.fail();
      return part;
    });
    await assert.rejects(importAll(repository.path, world), { reason: 'LOG_FULL' });
    const ends = await Promise.allSettled(parts);
    await world.loop.drain();
    const written = commitCount(world);
    assert.ok(written > 0, 'the commit that all others need is durable');
    assert.equal(written, importPosition(world.loop.world.system.graph)?.count, 'nothing behind what was lost');
    const waited = ends.filter((end) => end.status === 'rejected' && !(end.reason instanceof Failure));
    assert.notEqual(waited.length, 0, 'some waited behind what was lost');
    running.mock.restore();
    assert.equal(await importAll(repository.path, world), commits - written);
    assert.equal(commitCount(world), commits);
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
    more.write({ message: 'M', merges: ['refs/heads/side'], changes: '', seconds: 2 });
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

/** So many that they come in many chunks, and all wait at once. */
const SIBLINGS = 1_000;

/** A root, its children, and their merge: no child needs another, so nothing but the importer keeps their order. */
async function makeSiblings(path: string, count: number): Promise<void> {
  const history = startHistory(path);
  const change = (number: number): string => `M 100644 inline f\n${dataCommand(String(number))}`;
  history.write({ message: 'root', changes: change(0), mark: 1 });
  const marks = Array.from({ length: count }, (_, index) => index + 2);
  for (const mark of marks) {
    history.write({ message: `child ${mark}`, from: ':1', changes: change(mark), mark, seconds: mark });
  }
  const others = marks.slice(0, -1).map((mark) => `:${mark}`);
  history.write({ message: 'merge', merges: others, changes: '', seconds: count + 2 });
  await history.end();
}

interface MadeCommit {
  readonly message: string;
  readonly changes: string;
  readonly ref?: string;
  readonly from?: string;
  readonly merges?: readonly string[];
  /** By which later commits name it. */
  readonly mark?: number;
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
    write({ message, changes, ref = 'refs/heads/main', from, merges = [], mark, seconds = 0 }) {
      const person = `A <a@jitos.example> ${1_600_000_000 + seconds} +0000`;
      const name = mark === undefined ? '' : `mark :${mark}\n`;
      const header = `commit ${ref}\n${name}author ${person}\ncommitter ${person}\n${dataCommand(message)}`;
      const parents = [...(from === undefined ? [] : [`from ${from}\n`]), ...merges.map((other) => `merge ${other}\n`)];
      written.push(Promise.resolve(fastImport.write(`${header}${parents.join('')}${changes}\n`)));
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
    { ...LOCAL, type: 'createWorkspace', from: null },
    { ...LOCAL, type: 'applyRewrite', view: number, ops: [{ op: 'DeleteNode', id, expect: null }] },
    { ...LOCAL, type: 'collapseWorkspace', workspace: number, policyId: null, footprint: null },
  ];
  for (const command of commands) assert.ok('kind' in (await loop.submit(command)));
}
