/** Reads logs from end to end, without a lock and without a daemon, and tells what is wrong with them. */
import { findBaseProofFault } from '../engine/check-base.ts';
import { findBaseFaults, readBase, type BaseManifest } from '../logs/file/base-files.ts';
import { findCheckpointFault } from '../engine/load-checkpoint.ts';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';
import { checkDerivedFiles, checkLog, type DerivedFile } from '../logs/file/check-log.ts';
import { checkTreeFiles } from '../logs/file/check-tree.ts';
import { checkpointName } from '../logs/file/checkpoint-format.ts';
import { listCheckpoints } from '../logs/file/checkpoint-reader.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import type { Damage } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import type { ReadOnlyLog } from '../logs/file/read-only-log.ts';
import type { TornTail } from '../logs/file/walk-log.ts';
import type { Answer, Context } from './command.ts';
import { red, tableText, type Paper } from './terminal/paper.ts';
import { countText, plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders, reportsAnswer, type WorldFolder } from './world-folders.ts';

/** Damaged places that are told apart; all are counted. */
const DAMAGE_TOLD_MAX = 100;

/** A file beside the segments. */
interface FileReport {
  readonly file: string;
  readonly ok: boolean;
  /** What is wrong with it; null if nothing is. */
  readonly detail: string | null;
}

interface LogReport {
  readonly world: string;
  /** Whether the log is whole, and the disk has changed no checkpoint and no hash of the tree. */
  readonly ok: boolean;
  readonly folder: string;
  readonly events: number;
  readonly segments: number;
  /** The events before are archived; 0: none are. */
  readonly firstIdx: number;
  /** What an archived history rests on, as far as it is bad. */
  readonly baseFaults: readonly { readonly file: string; readonly fault: string }[];
  readonly damageCount: number;
  /** The first places. */
  readonly damage: readonly Damage[];
  /** A write that a crash cut short, or that a running daemon is making: no damage. */
  readonly tornTail: TornTail | null;
  /** Newest first. A name stands for a whole file: one that is bad has changed on the disk. */
  readonly checkpoints: readonly FileReport[];
  /** After a crash they may well be bad: no damage, where the daemon makes them again. */
  readonly derived: readonly (FileReport & { readonly isRemade: boolean })[];
}

/** The work of `jitosctl log check`. */
export async function checkLogs({ flags }: Context): Promise<Answer> {
  const reports: LogReport[] = [];
  for (const world of chooseWorldFolders(flags)) reports.push(await checkOne(world));
  return reportsAnswer(flags, reports, reportsText);
}

async function checkOne({ world, folder }: WorldFolder): Promise<LogReport> {
  const disk = nodeDisk();
  const damage: Damage[] = [];
  const onDamage = (found: Damage): void => {
    if (damage.length < DAMAGE_TOLD_MAX) damage.push(found);
  };
  // Before the log is read: the events of all that are here now are in it then.
  const idxs = listCheckpoints(disk, folder);
  const { length, segmentCount, damageCount, tornTail, log } = await checkLog({ disk, folder, onDamage });
  const firstIdx = log?.firstIdx ?? 0;
  const base = readBase({ disk, folder });
  // With all events back nothing rests on it.
  const baseFaults =
    base === undefined || log === undefined || firstIdx === 0 ? [] : await checkBase(folder, log, base);
  const checkpoints: FileReport[] = [];
  let derived: readonly DerivedFile[] = [];
  if (log !== undefined) {
    for (const idx of idxs.filter((each) => each >= log.firstIdx))
      checkpoints.push(...(await checkCheckpoint(folder, log, idx)));
    derived = checkDerivedFiles({ disk, folder, log });
    // Of a damaged log nobody can tell what its hashes are.
    if (damageCount === 0) derived = [...derived, ...(await checkTreeFiles({ disk, folder, log, sha256 }))];
  }
  return {
    world,
    ok:
      damageCount === 0 &&
      baseFaults.length === 0 &&
      checkpoints.every((each) => each.ok) &&
      derived.every(({ fault, isRemade }) => fault === undefined || isRemade),
    folder,
    events: length,
    segments: segmentCount,
    firstIdx,
    baseFaults,
    damageCount,
    damage,
    tornTail: tornTail ?? null,
    checkpoints,
    derived: derived.map(({ file, fault, isRemade }) => ({ ...fileReport(file, fault), isRemade })),
  };
}

async function checkBase(folder: string, log: ReadOnlyLog, base: BaseManifest): Promise<LogReport['baseFaults']> {
  const faults = await findBaseFaults({ disk: nodeDisk(), folder }, base);
  const fault = await findBaseProofFault(log, base).catch((error: unknown) => {
    if (error instanceof Failure && error.reason === 'LOG_DAMAGED') return `its event is lost: ${error.message}`;
    throw error;
  });
  return fault === undefined ? faults : [...faults, { file: 'base/base.json', fault }];
}

/** Nothing is said of one that a running daemon has replaced meanwhile. */
async function checkCheckpoint(folder: string, log: ReadOnlyLog, idx: number): Promise<readonly FileReport[]> {
  const disk = nodeDisk();
  const checkpoints = new FileCheckpoints({ disk, folder, worldId: log.worldId });
  const fault = await findCheckpointFault({ log, checkpoints }, idx).catch((error: unknown) => {
    if (error instanceof Failure && error.reason === 'LOG_DAMAGED') return `its event is lost: ${error.message}`;
    throw error;
  });
  if (fault !== undefined && !listCheckpoints(disk, folder).includes(idx)) return [];
  return [fileReport(checkpointName(idx), fault)];
}

function fileReport(file: string, fault: string | undefined): FileReport {
  return { file, ok: fault === undefined, detail: fault ?? null };
}

function reportsText(paper: Paper, reports: readonly LogReport[]): string {
  const table = tableText(
    paper,
    [
      { title: 'WORLD', align: 'left' },
      { title: 'LOG', align: 'left' },
      { title: 'EVENTS', align: 'right' },
      { title: 'SEGMENTS', align: 'right' },
      { title: 'CHECKPOINTS', align: 'right' },
    ],
    reports.map(({ world, damageCount, events, segments, checkpoints }) => [
      world,
      damageCount === 0 ? 'whole' : 'damaged',
      String(events),
      String(segments),
      String(checkpoints.length),
    ]),
  );
  return table + reports.map((report) => findingsText(paper, report)).join('');
}

function findingsText(paper: Paper, report: LogReport): string {
  const { world, firstIdx, baseFaults, damage, damageCount, tornTail, checkpoints, derived } = report;
  const lines = damage.map(({ reason, segment, offset, detail }) => {
    return `${red(paper, reason)} ${world}: ${segment}@${offset}: ${plainText(detail)}`;
  });
  if (damageCount > damage.length)
    lines.push(`${world}: ${countText(damageCount - damage.length)} more damaged places`);
  if (damageCount > 0)
    lines.push(
      `${world}: stop the daemon and mend it from a backup with \`npx jitosctl log repair\`; nothing was changed`,
    );
  if (firstIdx > 0) lines.push(`${world}: the events before ${firstIdx} are archived`);
  for (const { file, fault } of baseFaults) {
    const advice = 'bring it back from a copy, or the archived events with `npx jitosctl log unarchive`';
    lines.push(`${red(paper, 'bad base')} ${world}: ${file}: ${fault}; ${advice}`);
  }
  if (tornTail !== null) {
    const { segment, offset, sizeBytes } = tornTail;
    lines.push(
      `${world}: ${segment}@${offset}: ${countText(sizeBytes)} bytes of an unfinished write, never acknowledged; the daemon removes them when it starts`,
    );
  }
  for (const { file, detail } of checkpoints.filter(({ ok }) => !ok)) {
    lines.push(
      `${red(paper, 'bad checkpoint')} ${world}: ${file}: ${plainText(detail ?? '')}; it is not needed, and may be deleted, but look at the disk`,
    );
  }
  for (const { file, detail, isRemade } of derived.filter(({ ok }) => !ok)) {
    const text = `${world}: ${file}: ${plainText(detail ?? '')}`;
    lines.push(isRemade ? `${text}; the daemon makes it again when it starts` : `${red(paper, 'bad file')} ${text}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
