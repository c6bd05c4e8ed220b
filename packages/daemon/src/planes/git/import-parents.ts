/**
 * Finds the node of a parent commit: from the ones written lately, else from the commit object, whose node's id is a
 * function of it. Memory is bounded whatever the length of the history.
 */
import type { ElementId } from '@jitos/kernel';
import { CommitsStage } from './git-commits.ts';
import { GitProcess } from './git-process.ts';
import { readingCommand, type GitRepository } from './git-repository.ts';
import { commitNode } from './import-ops.ts';
import { RecentMap } from './recent-map.ts';

/** Parents are nearly always this near in topological order. */
const RECENT_COUNT_MAX = 16_384;

export class ParentFinder implements AsyncDisposable {
  readonly #repository: GitRepository;
  readonly #signal: AbortSignal;
  /** Node ids by commit oid. */
  readonly #recent = new RecentMap<string, ElementId>(RECENT_COUNT_MAX);
  #commits: CommitsStage | undefined;

  constructor(repository: GitRepository, signal: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  remember(oid: string, id: ElementId): void {
    this.#recent.set(oid, id);
  }

  /** The node ids of commits, in order. */
  async find(oids: readonly string[]): Promise<readonly ElementId[]> {
    const ids: ElementId[] = [];
    for (const oid of oids) ids.push(this.#recent.get(oid) ?? (await this.#read(oid)));
    return ids;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commits?.[Symbol.asyncDispose]();
  }

  async #read(oid: string): Promise<ElementId> {
    this.#commits ??= new CommitsStage(
      (...args) => new GitProcess(readingCommand(this.#repository, args, this.#signal)),
    );
    const { id } = commitNode(await this.#commits.readOne(oid));
    this.remember(oid, id);
    return id;
  }
}
