/**
 * Imports a git history into a world: each commit a workspace that is written and then collapsed into System.
 *
 * - I1 The position is written in the same collapse as the commit, so an import that was cut off anywhere goes on
 *      exactly where it was; a workspace that it left behind is discarded when it goes on.
 * - I2 Importing twice changes nothing.
 * - I3 A part that is refused or lost stops all behind it: the position never passes over a commit.
 * - I4 Memory of the importer is bounded: parts of commits under way, and a window of what is not yet durable.
 */
import {
  decodeValue,
  encodeValue,
  trieEntries,
  type Command,
  type Event,
  type EncodedValue,
  type Op,
  type Workspace,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Reply, Script } from '../../engine/world-loop.ts';
import { sizeOfPaths, type GitCommitPart } from './git-changes.ts';
import { countCommits, readHistory } from './git-history.ts';
import { isComplete, positionAfter, resumeHistory } from './git-position.ts';
import type { GitRepository } from './git-repository.ts';
import { CHANGES_PER_REWRITE_MAX, commitNode, commitOps, type CommitNode } from './import-ops.ts';
import { ParentFinder } from './import-parents.ts';
import { PeopleNodes } from './import-people.ts';
import { importPosition } from './import-position.ts';

/** What may wait for the disk before the importer waits too: 20,000 ops without text. */
const UNDURABLE_SIZE_BYTES_MAX = 20_000_000;
/** Of an op in memory, about, without the text of git in it. */
const OP_SIZE_BYTES = 1_000;

export interface GitImport {
  readonly repository: GitRepository;
  readonly world: OpenWorld;
  readonly signal: AbortSignal;
  /** Told how many commits of how many are durable, the ones of earlier runs included. */
  readonly onProgress: (commitsDone: number, commitsTotal: number) => void;
}

export interface GitImportResult {
  /** Commits that this run wrote. */
  readonly commitsImported: number;
}

/** Who writes, in the history. */
const PRINCIPAL = 'git-import';
const META: EncodedValue = encodeValue(new Map([['importer', 'git']]));

/**
 * Imports what HEAD reaches and the world does not hold. Throws a `Failure` (`GIT_FAILED`, `REPOSITORY_INVALID`,
 * `IMPORT_CONFLICT`, what the log throws), or the signal's reason; what was told as progress is durable all the same.
 */
export async function importGit(options: GitImport): Promise<GitImportResult> {
  const { repository, world, signal } = options;
  await discardLeftovers(world);
  let commitsImported = 0;
  // A round that was cut off is finished first, whatever HEAD is by now; then comes HEAD's own.
  for (;;) {
    const position = await resumeHistory({
      repository,
      position: importPosition(world.loop.world.system.graph),
      signal,
    });
    if (isComplete(position)) return { commitsImported };
    const commitsTotal = await countCommits({ repository, position, signal });
    const round = new ImportRound(options, position.count, commitsTotal);
    await using parents = new ParentFinder(repository, signal);
    const people = new PeopleNodes();
    let next = position;
    let node: CommitNode | undefined;
    for await (const parts of readHistory({
      repository,
      position,
      changesPerPartMax: CHANGES_PER_REWRITE_MAX,
      signal,
    })) {
      for (const part of parts) {
        const { oid, parentOids } = part.commit;
        if (part.isFirst) next = positionAfter(next, oid);
        const parentIds = part.isFirst ? await parents.find(parentOids) : [];
        if (part.isFirst || node === undefined) parents.remember(oid, (node = commitNode(part.commit)).id);
        await round.write(part, commitOps({ part, node, parentIds, people, position: next }));
      }
    }
    await round.finish();
    commitsImported += round.commitsWritten;
  }
}

/** Discards the workspaces that an import which was cut off left open. */
async function discardLeftovers({ loop }: OpenWorld): Promise<void> {
  for (const { value: workspace } of trieEntries(loop.world.workspaces)) {
    if (isLeftover(workspace)) await loop.run(PRINCIPAL, discard(workspace.number));
  }
}

function isLeftover({ meta }: Workspace): boolean {
  if (meta === null) return false;
  const value = decodeValue(meta, { nullAllowed: true });
  return value instanceof Map && value.get('importer') === 'git';
}

/** Writes the parts of one round, in order, without waiting for each to be durable. */
class ImportRound {
  readonly #options: GitImport;
  readonly #commitsTotal: number;
  #commitsDone: number;
  #waitingSizeBytes = 0;
  /** The first part that was lost or refused; set once its batch is settled. */
  #failure: Error | undefined;
  /** Set as a part is refused, before anything behind it is decided. */
  #isBroken = false;
  #wake: (() => void) | undefined;
  /** The workspace of the commit whose parts are being written; set as its script runs. */
  #workspace = -1;
  commitsWritten = 0;

  constructor(options: GitImport, commitsDone: number, commitsTotal: number) {
    this.#options = options;
    this.#commitsDone = commitsDone;
    this.#commitsTotal = commitsTotal;
  }

  /** Hands over a part; waits only while too much is not yet durable. */
  async write(part: GitCommitPart, ops: readonly Op[]): Promise<void> {
    const sizeBytes = ops.length * OP_SIZE_BYTES + part.commit.message.length + sizeOfPaths(part);
    this.#waitingSizeBytes += sizeBytes;
    this.#options.world.loop.run(PRINCIPAL, this.#writeInTurn(part, ops)).then(
      () => this.#written(part, sizeBytes),
      (error: unknown) => this.#failed(error),
    );
    await this.#waitBelow(UNDURABLE_SIZE_BYTES_MAX);
  }

  /** Waits until everything is durable. */
  finish(): Promise<void> {
    return this.#waitBelow(1);
  }

  /** Once a part could not be written, those already handed over behind it must not be: each builds on the last. */
  *#writeInTurn(part: GitCommitPart, ops: readonly Op[]): Script<void> {
    if (this.#isBroken || this.#failure !== undefined) throw new Error('a part before this one was not written');
    try {
      yield* this.#writePart(part, ops);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  *#writePart(part: GitCommitPart, ops: readonly Op[]): Script<void> {
    if (part.isFirst) {
      const created = mustSucceed(
        yield {
          type: 'createWorkspace',
          from: null,
          principal: PRINCIPAL,
          requestId: null,
          validUntil: null,
          meta: META,
        },
      );
      this.#workspace = created.view as number; // a workspace's view is its number
    }
    const view = this.#workspace;
    mustSucceed(
      yield { type: 'applyRewrite', principal: PRINCIPAL, requestId: null, validUntil: null, meta: null, view, ops },
    );
    if (!part.isLast) return;
    const collapsed = mustSucceed(yield collapse(view));
    if (collapsed.kind === 'COLLAPSE' && collapsed.mode !== null) return;
    yield* discard(view);
    const detail = `others wrote what commit ${part.commit.oid} writes: import into a world of its own`;
    throw new Failure('IMPORT_CONFLICT', `sws:${view}`, detail);
  }

  #written(part: GitCommitPart, sizeBytes: number): void {
    this.#waitingSizeBytes -= sizeBytes;
    if (part.isLast) {
      this.#commitsDone += 1;
      this.commitsWritten += 1;
      this.#options.onProgress(this.#commitsDone, this.#commitsTotal);
    }
    this.#wake?.();
  }

  #failed(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#wake?.();
  }

  async #waitBelow(sizeBytes: number): Promise<void> {
    while (this.#failure === undefined && this.#waitingSizeBytes >= sizeBytes) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function collapse(workspace: number): Command {
  return {
    type: 'collapseWorkspace',
    principal: PRINCIPAL,
    requestId: null,
    validUntil: null,
    meta: null,
    workspace,
    policyId: null,
    footprint: null,
  };
}

function* discard(workspace: number): Script<void> {
  const reason = 'the import that wrote it was cut off';
  yield {
    type: 'discardWorkspace',
    principal: PRINCIPAL,
    requestId: null,
    validUntil: null,
    meta: null,
    workspace,
    reason,
  };
}

/** A refusal stops the import: the repository holds what the kernel does not take. */
function mustSucceed(reply: Reply): Event {
  if ('ok' in reply) throw new Failure(reply.reason, reply.place, reply.detail);
  return reply;
}
