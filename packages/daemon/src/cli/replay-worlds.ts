/** Folds histories, without a lock and without a daemon, and tells where they lead and what does not hold together. */
import { digestToHex, worldDigest, type World } from '@jitos/kernel';
import { loadCheckpoint } from '../engine/load-checkpoint.ts';
import { partStarts, replayParts, type PartsEnd } from '../engine/replay-parts.ts';
import { replay, type Verification } from '../engine/replay.ts';
import { DivergenceFailure } from '../engine/replay-verify.ts';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';
import { archivedFailure } from '../logs/file/base-files.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog, type ReadOnlyLog } from '../logs/file/read-only-log.ts';
import type { Answer, Context } from './command.ts';
import { divergenceJson, divergenceText, type DivergenceJson } from './divergence.ts';
import type { SkippedCheckpoint } from './history-command.ts';
import { failureJson, type FailureJson } from './terminal/failure-text.ts';
import { red, tableText, type Paper } from './terminal/paper.ts';
import { countText, plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders, reportsAnswer, type WorldFolder } from './world-folders.ts';

/** What part of a history to fold, and what to compare on the way. */
export interface ReplayRequest {
  readonly verify: Verification | false;
  /** The first event that matters, or that of the newest good checkpoint. */
  readonly from: number | 'checkpoint';
  /** The last event; null: the newest. */
  readonly to: number | null;
}

interface ReplayReport {
  readonly world: string;
  readonly ok: boolean;
  readonly verified: boolean;
  /** Whether events were decided again, too. */
  readonly strict: boolean;
  /** Events of the checkpoint that folding began with; 0: it began with the first event. */
  readonly checkpointIdx: number;
  /** Checkpoints that are no good, and why. */
  readonly skippedCheckpoints: readonly SkippedCheckpoint[];
  /** The events that were verified, or folded: from this one, up to the end or to where the history stops making sense. */
  readonly from: number;
  /** How many parts were verified at the same time. */
  readonly threads: number;
  /** Folded; up to where the history stopped making sense, if it did. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** System's digest in hex; null where the replay failed. */
  readonly digest: string | null;
  /** Of every table; null where the replay failed. */
  readonly worldDigest: string | null;
  readonly error: FailureJson['error'] | null;
  readonly divergence: DivergenceJson | null;
}

/** The work of `jitosctl replay`. */
export async function replayWorlds(context: Context, request: ReplayRequest): Promise<Answer> {
  const reports: ReplayReport[] = [];
  for (const folder of chooseWorldFolders(context.flags)) {
    reports.push(await new WorldReplay(context, folder, request).run());
    context.progress.end();
  }
  return reportsAnswer(context.flags, reports, reportsText);
}

/** One world's replay: what it has found so far. */
class WorldReplay {
  readonly #context: Context;
  readonly #folder: WorldFolder;
  readonly #request: ReplayRequest;
  readonly #startMs = performance.now();
  readonly #skipped: SkippedCheckpoint[] = [];
  #checkpointIdx = 0;
  #events = 0;
  #threads = 1;

  constructor(context: Context, folder: WorldFolder, request: ReplayRequest) {
    this.#context = context;
    this.#folder = folder;
    this.#request = request;
  }

  async run(): Promise<ReplayReport> {
    try {
      const { systemDigest, worldDigest: whole } = await this.#fold();
      const digests = { digest: digestToHex(systemDigest), worldDigest: digestToHex(whole) };
      return { ...this.#report(), ok: true, ...digests, error: null, divergence: null };
    } catch (error) {
      const finding = asFinding(error);
      const divergence = finding instanceof DivergenceFailure ? divergenceJson(finding.divergence) : null;
      const digests = { digest: null, worldDigest: null };
      return { ...this.#report(), ok: false, ...digests, error: failureJson(finding).error, divergence };
    }
  }

  async #fold(): Promise<PartsEnd> {
    const { folder } = this.#folder;
    const { verify, from } = this.#request;
    const log = await readFileLog({ disk: nodeDisk(), folder });
    if (log.length === 0) throw new Failure('LOG_DAMAGED', folder, 'the log holds no event, not even its first');
    const endIdx = rangeEnd(this.#request, log.length);
    const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
    const firstIdx = firstStart(log, checkpoints);
    if (firstIdx >= endIdx) throw archivedFailure({ disk: nodeDisk(), folder }, firstIdx, '--to');
    if (from !== 0 || verify === false) return await this.#foldOnce(log, checkpoints, endIdx);
    this.#checkpointIdx = firstIdx;
    const starts = partStarts(
      checkpoints.list().filter((idx) => idx > firstIdx),
      endIdx,
    );
    this.#threads = starts.length + 1;
    if (starts.length === 0 && firstIdx === 0) return await this.#foldOnce(log, checkpoints, endIdx);
    return await replayParts({
      folder,
      verify,
      firstIdx,
      endIdx,
      starts,
      onSkipped: (idx, why) => this.#skipped.push({ idx, why }),
      onProgress: (eventCount) => this.#showProgress(eventCount, endIdx - firstIdx),
    });
  }

  async #foldOnce(log: ReadOnlyLog, checkpoints: FileCheckpoints, endIdx: number): Promise<PartsEnd> {
    const start = await this.#start(log, checkpoints, endIdx);
    const startIdx = this.#checkpointIdx;
    const world = await replay(log, {
      start: start ?? null,
      verify: this.#request.verify,
      verifyFromIdx: this.#fromIdx(),
      endIdx,
      onEvent: () => (this.#events += 1),
      onProgress: () => this.#showProgress(this.#events, endIdx - startIdx),
    });
    if (world === null) throw new Error('a log with events folds to a world');
    return { systemDigest: world.system.digest, worldDigest: worldDigest(world, sha256) };
  }

  #showProgress(events: number, total: number): void {
    this.#events = events;
    const label = `${this.#request.verify === false ? 'replaying' : 'verifying'} ${this.#folder.world}`;
    this.#context.progress.update({ label, done: events, total, unit: 'events', perSecond: this.#perSecond() });
  }

  /** The world of the newest good checkpoint that is not past what was asked for. */
  async #start(log: ReadOnlyLog, checkpoints: FileCheckpoints, endIdx: number): Promise<World | undefined> {
    const { from } = this.#request;
    if (from === 0 && log.firstIdx === 0) return undefined;
    const start = await loadCheckpoint({
      log,
      checkpoints,
      idxMax: from === 'checkpoint' || from === 0 ? endIdx - 1 : from,
      onSkipped: (idx, why) => this.#skipped.push({ idx, why }),
    });
    this.#checkpointIdx = start?.history.size ?? 0;
    return start;
  }

  #fromIdx(): number {
    const { from } = this.#request;
    return from === 'checkpoint' || from === 0 ? this.#checkpointIdx : from;
  }

  #perSecond(): number {
    return Math.round(this.#events / ((performance.now() - this.#startMs) / 1000));
  }

  #report() {
    return {
      world: this.#folder.world,
      verified: this.#request.verify !== false,
      strict: this.#request.verify === 'decisions',
      checkpointIdx: this.#checkpointIdx,
      skippedCheckpoints: this.#skipped,
      from: this.#fromIdx(),
      threads: this.#threads,
      events: this.#events,
      eventsPerSecond: this.#perSecond(),
    };
  }
}

/** Where a whole replay begins: with the oldest checkpoint of which the event is still there, if the first events are archived. */
function firstStart(log: ReadOnlyLog, checkpoints: FileCheckpoints): number {
  if (log.firstIdx === 0) return 0;
  const idx = checkpoints.list().findLast((each) => each >= log.firstIdx);
  if (idx !== undefined) return idx;
  throw new Failure(
    'LOG_DAMAGED',
    'base',
    `the events before ${log.firstIdx} are archived, and there is no checkpoint`,
  );
}

/** One past the last event to fold. Throws `USAGE`. */
function rangeEnd({ from, to }: ReplayRequest, length: number): number {
  if (to !== null && to >= length) throw new Failure('USAGE', '--to', `the newest event is ${length - 1}`);
  if (typeof from === 'number' && from >= length) {
    throw new Failure('USAGE', '--from', `the newest event is ${length - 1}`);
  }
  const endIdx = to === null ? length : to + 1;
  if (typeof from === 'number' && from >= endIdx) throw new Failure('USAGE', '--from', `${from} is past --to ${to}`);
  return endIdx;
}

/** What a replay is there to find is a finding; all else is a failure of the command itself. */
function asFinding(error: unknown): Failure {
  if (error instanceof Failure && (error.reason === 'LOG_DAMAGED' || error.reason === 'REPLAY_DIVERGED')) return error;
  throw error;
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
  return table + reports.map((report) => startText(report) + findingText(paper, report)).join('');
}

function startText({ world, checkpointIdx, skippedCheckpoints, from, verified, threads }: ReplayReport): string {
  const skipped = skippedCheckpoints.map(({ idx, why }) => {
    return `${world}: the checkpoint at event ${idx} is no good: ${plainText(why)}\n`;
  });
  const start = checkpointIdx === 0 ? 'the first event' : `the checkpoint at event ${checkpointIdx}`;
  const parts = threads === 1 ? '' : `, in ${threads} parts at a time`;
  return `${skipped.join('')}${world}: folded from ${start}${verified ? `, verified from event ${from}` : ''}${parts}\n`;
}

function findingText(paper: Paper, { world, error, divergence }: ReplayReport): string {
  if (error === null) return '';
  const { reason, place, detail, advice } = error;
  const changes = divergence === null ? '' : divergenceText(divergence);
  return `${red(paper, reason)} ${world}: ${plainText(place ?? '')}: ${plainText(detail)}\n${changes}  do: ${advice}\n`;
}
