/** Reads logs from end to end, without a lock and without a daemon, and tells what is wrong with them. */
import { checkLog } from '../logs/file/check-log.ts';
import type { Damage } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import type { TornTail } from '../logs/file/walk-log.ts';
import type { Answer, Context } from './command.ts';
import { red, tableText, type Paper } from './terminal/paper.ts';
import { countText, plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders, reportsAnswer, type WorldFolder } from './world-folders.ts';

/** Damaged places that are told apart; all are counted. */
const DAMAGE_TOLD_MAX = 100;

interface LogReport {
  readonly world: string;
  readonly ok: boolean;
  readonly folder: string;
  readonly events: number;
  readonly segments: number;
  readonly damageCount: number;
  /** The first places. */
  readonly damage: readonly Damage[];
  /** A write that a crash cut short, or that a running daemon is making: no damage. */
  readonly tornTail: TornTail | null;
}

/** The work of `jitosctl log check`. */
export async function checkLogs({ flags }: Context): Promise<Answer> {
  const reports: LogReport[] = [];
  for (const world of chooseWorldFolders(flags)) reports.push(await checkOne(world));
  return reportsAnswer(flags, reports, reportsText);
}

async function checkOne({ world, folder }: WorldFolder): Promise<LogReport> {
  const damage: Damage[] = [];
  const onDamage = (found: Damage): void => {
    if (damage.length < DAMAGE_TOLD_MAX) damage.push(found);
  };
  const { length, segmentCount, damageCount, tornTail } = await checkLog({ disk: nodeDisk(), folder, onDamage });
  return {
    world,
    ok: damageCount === 0,
    folder,
    events: length,
    segments: segmentCount,
    damageCount,
    damage,
    tornTail: tornTail ?? null,
  };
}

function reportsText(paper: Paper, reports: readonly LogReport[]): string {
  const table = tableText(
    paper,
    [
      { title: 'WORLD', align: 'left' },
      { title: 'LOG', align: 'left' },
      { title: 'EVENTS', align: 'right' },
      { title: 'SEGMENTS', align: 'right' },
    ],
    reports.map(({ world, ok, events, segments }) => [
      world,
      ok ? 'whole' : 'damaged',
      String(events),
      String(segments),
    ]),
  );
  return table + reports.map((report) => findingsText(paper, report)).join('');
}

function findingsText(paper: Paper, { world, damage, damageCount, tornTail }: LogReport): string {
  const lines = damage.map(({ reason, segment, offset, detail }) => {
    return `${red(paper, reason)} ${world}: ${segment}@${offset}: ${plainText(detail)}`;
  });
  if (damageCount > damage.length)
    lines.push(`${world}: ${countText(damageCount - damage.length)} more damaged places`);
  if (damageCount > 0) lines.push(`${world}: stop the daemon and restore the folder from a copy; nothing was changed`);
  if (tornTail !== null) {
    const { segment, offset, sizeBytes } = tornTail;
    lines.push(
      `${world}: ${segment}@${offset}: ${countText(sizeBytes)} bytes of an unfinished write, never acknowledged; the daemon removes them when it starts`,
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}
