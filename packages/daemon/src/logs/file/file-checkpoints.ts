/** The checkpoints that stand beside a file log. */
import { join } from 'node:path';
import type { Digest } from '@jitos/kernel';
import type { Disk } from '../../ports/disk.ts';
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

  /** The idx of each, newest first. Nothing is known of what is in them. */
  list(): readonly number[] {
    return listCheckpoints(this.#disk, this.#folder);
  }

  begin(idx: number, worldDigest: Digest): CheckpointWriter {
    return new CheckpointWriter(this.#disk, this.#folder, { idx, worldDigest, worldId: this.worldId });
  }

  /** Throws `CheckpointDamage`, or the disk's fault. */
  open(idx: number): Promise<CheckpointReader> {
    return CheckpointReader.open(this.#disk, this.#folder, idx);
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

  /** Removes all but the newest `count`. */
  keepNewest(count: number): void {
    for (const idx of this.list().slice(count)) this.#disk.remove(join(this.#folder, checkpointName(idx)));
  }
}
