/**
 * The commit objects of a history, by one long-lived `git cat-file --batch`.
 */
import type { StartGit } from './git-changes.ts';
import { COMMIT_SIZE_BYTES_MAX, parseCommit, type GitCommit } from './git-commit.ts';
import type { PipelineStage } from './git-pipeline.ts';
import type { GitProcess } from './git-process.ts';

/** Commits are passed on when their messages come to this. */
const MESSAGES_SIZE_BYTES = 1 << 20;

const NEWLINE = 0x0a;

type Oids = readonly string[];

export class CommitsStage implements PipelineStage<Oids, Oids, readonly GitCommit[]>, AsyncDisposable {
  readonly #git: GitProcess;

  constructor(start: StartGit) {
    this.#git = start('cat-file', '--batch');
  }

  send(oids: Oids): Oids {
    this.#git.write(oids.map((oid) => `${oid}\n`).join(''));
    return oids;
  }

  async *receive(oids: Oids): AsyncGenerator<readonly GitCommit[]> {
    let commits: GitCommit[] = [];
    let sizeBytes = 0;
    for (const oid of oids) {
      const commit = await this.#takeCommit(oid);
      commits.push(commit);
      sizeBytes += commit.message.length;
      if (sizeBytes < MESSAGES_SIZE_BYTES) continue;
      yield commits;
      commits = [];
      sizeBytes = 0;
    }
    if (commits.length > 0) yield commits;
  }

  end(): Promise<void> {
    return this.#git.finish();
  }

  /** Reads one commit; only while nothing else is asked. */
  readOne(oid: string): Promise<GitCommit> {
    this.send([oid]);
    return this.#takeCommit(oid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#git[Symbol.asyncDispose]();
  }

  async #takeCommit(oid: string): Promise<GitCommit> {
    const { output } = this.#git;
    const header = await output.takeRecord(NEWLINE);
    const prefix = `${oid} commit `;
    if (!header.startsWith(prefix)) throw this.#git.damage(`Commit ${oid} can't be read: ${header}`);
    const sizeBytes = Number(header.slice(prefix.length));
    const heldBytes = Math.min(sizeBytes, COMMIT_SIZE_BYTES_MAX);
    while (output.arrived < heldBytes) await output.mustGetMore();
    const commit = parseCommit({ oid, bytes: output.bytes(0, heldBytes), sizeBytes });
    if (commit === undefined) throw this.#git.damage(`Commit ${oid} has no tree`);
    // The object, and the newline that ends it.
    await output.skipLong(sizeBytes + 1);
    return commit;
  }
}
