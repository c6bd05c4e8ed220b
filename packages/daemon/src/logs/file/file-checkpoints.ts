/** The checkpoints that stand beside a file log. */
import { join } from 'node:path';
import type { Digest } from '@jitos/kernel';
import type { Disk } from '../../ports/disk.ts';
import { listBaseCheckpoints } from './base-files.ts';
import { checkpointName } from './checkpoint-format.ts';
import { CheckpointReader, listCheckpoints } from './checkpoint-reader.ts';
import { diskFaultToFailure } from './log-failures.ts';
import { CHECKPOINT_DRAFT_NAME, CheckpointWriter } from './checkpoint-writer.ts';

export class FileCheckpoints {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly worldId: Uint8Array;

  constructor(parts: { readonly disk: Disk; readonly folder: string; readonly worldId: Uint8Array }) {
    this.#disk = parts.disk;
    this.#folder = parts.folder;
    this.worldId = parts.worldId;
  }

  /** The idx of each, that of the base included, newest first. Nothing is known of what is in them. */
  list(): readonly number[] {
    const ofBase = listBaseCheckpoints({ disk: this.#disk, folder: this.#folder }).map(({ idx }) => idx);
    const idxs = new Set([...listCheckpoints(this.#disk, this.#folder), ...ofBase]);
    return [...idxs].toSorted((a, b) => b - a);
  }

  /** The folders that hold the one at `idx`: the world's own, and up to two copies of the base. */
  foldersOf(idx: number): readonly string[] {
    const own = listCheckpoints(this.#disk, this.#folder).includes(idx) ? [this.#folder] : [];
    const bases = listBaseCheckpoints({ disk: this.#disk, folder: this.#folder }).filter((each) => each.idx === idx);
    return [...own, ...bases.map(({ folder }) => folder)];
  }

  begin(idx: number, worldDigest: Digest): CheckpointWriter {
    return new CheckpointWriter(this.#disk, this.#folder, { idx, worldDigest, worldId: this.worldId });
  }

  /** Throws `CheckpointDamage`, or the disk's fault. */
  open(idx: number, folder: string = this.#folder): Promise<CheckpointReader> {
    return CheckpointReader.open(this.#disk, folder, idx);
  }

  /** Removes what a process that died while it wrote one has left. Throws what the log throws when the disk does. */
  removeDraft(): void {
    const path = join(this.#folder, CHECKPOINT_DRAFT_NAME);
    try {
      if (this.#disk.list(this.#folder).includes(CHECKPOINT_DRAFT_NAME)) this.#disk.remove(path);
    } catch (fault) {
      throw diskFaultToFailure(fault, path, 'removing what is left of a checkpoint');
    }
  }

  /** Removes those of which the event is archived; they can't be told from made-up ones any more. */
  removeBefore(firstIdx: number): void {
    for (const idx of listCheckpoints(this.#disk, this.#folder)) {
      if (idx < firstIdx) this.#disk.remove(join(this.#folder, checkpointName(idx)));
    }
  }

  /** Removes all but the newest `count`, and those of the base. */
  keepNewest(count: number): void {
    const idxs = listCheckpoints(this.#disk, this.#folder);
    for (const idx of idxs.slice(count)) this.#disk.remove(join(this.#folder, checkpointName(idx)));
  }
}
