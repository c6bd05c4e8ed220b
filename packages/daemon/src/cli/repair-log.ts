/** Mends a log under its lock, or tells how it would be mended. */
import { lockLog } from '../logs/file/file-log.ts';
import type { Damage } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { carryOutRepair, planRepair, type RepairOptions, type SavedSegment } from '../logs/file/repair-log.ts';
import type { TornTail } from '../logs/file/walk-log.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import { red, type Paper } from './terminal/paper.ts';
import { countText, plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders } from './world-folders.ts';

export interface RepairWish {
  /** Absolute; undefined: no copy is used. */
  readonly from: string | undefined;
  /** Whether to carry it out. */
  readonly isDone: boolean;
}

interface RepairReport {
  readonly world: string;
  /** Whether nothing is left to mend. */
  readonly ok: boolean;
  readonly folder: string;
  /** Whether anything was changed. */
  readonly done: boolean;
  /** Names of the segments that are taken from the copy. */
  readonly restored: readonly string[];
  /** What is cut; null if nothing is. */
  readonly cut: TornTail | null;
  readonly saved: readonly SavedSegment[];
  /** What is not mended: then nothing is changed. */
  readonly damage: readonly Damage[];
}

/** The work of `jitosctl log repair`. */
export async function repairLog({ flags }: Context, { from, isDone }: RepairWish): Promise<Answer> {
  const world = worldOf(flags);
  const [{ folder } = { folder: '' }] = chooseWorldFolders({ ...flags, world });
  const disk = nodeDisk();
  const lock = lockLog(disk, folder);
  try {
    const report = { world, folder, ...(await repair({ disk, folder, from }, isDone)) };
    return { json: report, text: (paper) => reportText(paper, report, from), status: report.ok ? 0 : 1 };
  } finally {
    lock.release();
  }
}

async function repair(options: RepairOptions, isDone: boolean): Promise<Omit<RepairReport, 'world' | 'folder'>> {
  const plan = await planRepair(options);
  const { segments, tornTail, damage } = plan;
  const found = { restored: segments.map(({ segment }) => segment), cut: tornTail ?? null };
  const isNeeded = segments.length > 0 || tornTail !== undefined;
  if (!isDone || !isNeeded || damage.length > 0) {
    return { ...found, ok: !isNeeded && damage.length === 0, done: false, saved: [], damage };
  }
  const saved = await carryOutRepair(options, plan);
  // The log itself has the last word.
  const after = await planRepair({ ...options, from: undefined });
  const ok = after.damage.length === 0 && after.tornTail === undefined;
  return { ...found, ok, done: true, saved, damage: after.damage };
}

function reportText(paper: Paper, report: RepairReport, from: string | undefined): string {
  const { world, ok, done, restored, cut, saved, damage } = report;
  const lines = damage.map(({ reason, segment, offset, detail }) => {
    return `${red(paper, reason)} ${world}: ${segment}@${offset}: ${plainText(detail)}`;
  });
  const [restores, cuts] = done ? ['restored', 'cut'] : ['would restore', 'would cut'];
  for (const segment of restored) lines.push(`${world}: ${segment}: ${restores} from ${plainText(from ?? '')}`);
  if (cut !== null) {
    const { segment, offset, sizeBytes } = cut;
    lines.push(`${world}: ${segment}@${offset}: ${cuts} ${countText(sizeBytes)} bytes of an unfinished write`);
  }
  for (const each of saved) lines.push(`${world}: ${each.segment}: as it was in ${each.saved}`);
  lines.push(`${world}: ${conclusion(report, ok && !done, from)}`);
  return lines.map((line) => `${line}\n`).join('');
}

function conclusion({ done, damage }: RepairReport, isWhole: boolean, from: string | undefined): string {
  if (isWhole) return 'the log is whole; nothing was changed';
  if (damage.length > 0 && done) return 'the log is still damaged: look at the disk';
  if (damage.length > 0 && from === undefined) return 'name a copy with --from; nothing was changed';
  if (damage.length > 0) return 'the copy does not mend this; nothing was changed';
  if (!done) return 'nothing was changed; to do it, say --yes';
  return 'the log is whole';
}
