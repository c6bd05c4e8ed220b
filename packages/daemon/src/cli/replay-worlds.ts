/** Folds histories from their first event, without a lock and without a daemon, and tells where they lead. */
import { digestToHex, worldDigest, type World } from '@jitos/kernel';
import { replay } from '../engine/replay.ts';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import type { Answer, Context } from './command.ts';
import { failureJson, type FailureJson } from './terminal/failure-text.ts';
import { red, tableText, type Paper } from './terminal/paper.ts';
import { countText, plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders, reportsAnswer, type WorldFolder } from './world-folders.ts';

interface ReplayReport {
  readonly world: string;
  readonly ok: boolean;
  readonly verified: boolean;
  /** Folded; up to where the history stopped making sense, if it did. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** System's digest in hex; null where the replay failed. */
  readonly digest: string | null;
  /** Of every table; null where the replay failed. */
  readonly worldDigest: string | null;
  readonly error: FailureJson['error'] | null;
}

/** The work of `jitosctl replay`. */
export async function replayWorlds(context: Context, verify: boolean): Promise<Answer> {
  const reports: ReplayReport[] = [];
  for (const folder of chooseWorldFolders(context.flags)) reports.push(await replayOne(context, folder, verify));
  return reportsAnswer(context.flags, reports, reportsText);
}

async function replayOne(context: Context, { world, folder }: WorldFolder, verify: boolean): Promise<ReplayReport> {
  const startMs = performance.now();
  const label = `${verify ? 'verifying' : 'replaying'} ${world}`;
  let events = 0;
  const perSecond = (): number => Math.round(events / ((performance.now() - startMs) / 1000));
  const found = { world, verified: verify };
  try {
    const log = await readFileLog({ disk: nodeDisk(), folder });
    const end = await replay(log, {
      verify,
      onEvent: () => (events += 1),
      onProgress: () => {
        context.progress.update({ label, done: events, total: log.length, unit: 'events', perSecond: perSecond() });
      },
    });
    if (end === null) throw new Failure('LOG_DAMAGED', folder, 'the log holds no event, not even its first');
    return { ...found, ok: true, events, eventsPerSecond: perSecond(), ...digestsOf(end), error: null };
  } catch (error) {
    const { error: finding } = failureJson(asFinding(error));
    const digests = { digest: null, worldDigest: null };
    return { ...found, ok: false, events, eventsPerSecond: perSecond(), ...digests, error: finding };
  } finally {
    context.progress.end();
  }
}

/** What a replay is there to find is a finding; all else is a failure of the command itself. */
function asFinding(error: unknown): Failure {
  if (error instanceof Failure && (error.reason === 'LOG_DAMAGED' || error.reason === 'REPLAY_DIVERGED')) return error;
  throw error;
}

function digestsOf(world: World): { readonly digest: string; readonly worldDigest: string } {
  return { digest: digestToHex(world.system.digest), worldDigest: digestToHex(worldDigest(world, sha256)) };
}

function reportsText(paper: Paper, reports: readonly ReplayReport[]): string {
  const number = (count: number): string => (paper.isTerminal ? countText(count) : String(count));
  const table = tableText(
    paper,
    [
      { title: 'WORLD', align: 'left' },
      { title: 'HISTORY', align: 'left' },
      { title: 'EVENTS', align: 'right' },
      { title: 'EVENTS/S', align: 'right' },
      { title: 'DIGEST', align: 'left' },
    ],
    reports.map(({ world, ok, verified, events, eventsPerSecond, digest }) => {
      const history = ok ? (verified ? 'verified' : 'folded') : 'broken';
      return [world, history, number(events), number(eventsPerSecond), digest ?? ''];
    }),
  );
  const findings = reports.flatMap(({ world, error }) => (error === null ? [] : findingText(paper, world, error)));
  return table + findings.join('');
}

function findingText(paper: Paper, world: string, { reason, place, detail, advice }: FailureJson['error']): string {
  return `${red(paper, reason)} ${world}: ${plainText(place ?? '')}: ${plainText(detail)}\n  do: ${advice}\n`;
}
