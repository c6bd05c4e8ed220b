import assert from 'node:assert/strict';
import { after } from 'node:test';
import { asyncLaw } from '@jitos/testkit/git/async-law.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { listTree, type TreeFile } from '@jitos/testkit/git/list-tree.ts';
import { makeRepository } from '@jitos/testkit/git/make-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import * as fc from 'fast-check';
import { readHistory } from './git-history.ts';
import { isComplete, positionAfter, resumeHistory, type HistoryPosition } from './git-position.ts';
import { openRepository, type GitRepository } from './git-repository.ts';

const { signal } = new AbortController();
const folder = makeTempFolder();
after(() => folder.remove());
const { path } = folder;
await makeRepository({ path, seed: 5, commits: 40, objectFormat: 'sha1' });
const repository = await openRepository({ path, environment: process.env, signal });
const oids = runGit({ cwd: path, args: ['rev-list', 'HEAD'] })
  .trimEnd()
  .split('\n');

/** What an importer keeps. */
interface Imported {
  position: HistoryPosition | null;
  readonly files: Map<string, TreeFile>;
  readonly oids: Set<string>;
}

/** Imports until HEAD is reached, or so many commits were. */
async function importSome(at: GitRepository, imported: Imported, commitCountMax: number): Promise<void> {
  let count = 0;
  for (;;) {
    let position = await resumeHistory({ repository: at, position: imported.position, signal });
    imported.position = position;
    if (isComplete(position)) return;
    const countBefore = count;
    for await (const parts of readHistory({ repository: at, position, changesPerPartMax: 1_000, signal })) {
      for (const { commit, changes } of parts) {
        if (count === commitCountMax) return;
        count += 1;
        // A commit comes twice only when HEAD went back to it; its round is that one commit.
        if (imported.oids.has(commit.oid)) assert.deepEqual([position.count, commit.oid], [0, position.headOid]);
        for (const oid of commit.parentOids) assert.ok(imported.oids.has(oid), 'a parent comes first');
        imported.oids.add(commit.oid);
        for (const { path: name, mode, oid, sizeBytes } of changes) {
          if (oid === null) imported.files.delete(name);
          else imported.files.set(name, { mode, oid, sizeBytes });
        }
        position = positionAfter(position, commit.oid);
        imported.position = position;
      }
    }
    assert.ok(count > countBefore, 'a round that is not complete has a commit');
  }
}

const moves = fc.array(
  fc.record({ headOid: fc.constantFrom(...oids), commitCountMax: fc.oneof(fc.constant(Infinity), fc.nat(30)) }),
  { minLength: 1, maxLength: 4 },
);

asyncLaw('wherever HEAD goes and whenever the import stops, HEAD is imported whole and no commit twice', {
  runs: 12,
  inputs: fc.record({ moves, last: fc.constantFrom(...oids) }),
  async holds({ moves: earlier, last }) {
    const imported: Imported = { position: null, files: new Map(), oids: new Set() };
    for (const { headOid, commitCountMax } of earlier) {
      await importSome({ ...repository, headOid }, imported, commitCountMax);
    }
    await importSome({ ...repository, headOid: last }, imported, Infinity);
    assert.deepEqual(imported.files, listTree(path, last));
    for (const oid of runGit({ cwd: path, args: ['rev-list', last] })
      .trimEnd()
      .split('\n')) {
      assert.ok(imported.oids.has(oid));
    }
  },
});
