/** What the daemon tells the person who started it. */
import { relative, resolve } from 'node:path';
import { MAIN_WORLD } from '../../engine/host.ts';
import type { ImportStatus } from '../../planes/git/import-jobs.ts';
import type { WorldStatus } from '../../servers/http/world-status.ts';
import { NOTHING_NEW } from '../import-step.ts';
import { bold, pairsText, type Paper } from '../terminal/paper.ts';
import { countText, shellWord } from '../terminal/plain-text.ts';
import { DATA_DIR_DEFAULT } from './options.ts';

/** Shown at the start and after the first import: where it answers, what it holds, what to try. */
export interface Welcome {
  /** What `jitosctl` and browsers are given. */
  readonly address: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Where the user stands, absolute: hints name the data folder as seen from there. */
  readonly userDir: string;
  /** The world that the hints are about. */
  readonly world: WorldStatus;
  /** The import that has just ended, if there was one. */
  readonly imported: ImportStatus | null;
}

export function welcomeText(paper: Paper, welcome: Welcome): string {
  const { address, world, imported } = welcome;
  const pairs: (readonly [string, string])[] = [
    ['address', address],
    ['world', world.name],
    ['digest', world.digest],
    ['events', countText(world.idx + 1)],
  ];
  if (imported?.commitsImported === 0) pairs.push(['imported', NOTHING_NEW]);
  else if (imported !== null) {
    pairs.push(
      ['imported', commitsText(imported.commitsImported)],
      ['speed', `${countText(imported.commitsPerSecond)} commits/s, ${countText(imported.eventsPerSecond)} events/s`],
    );
  }
  // People read this, be it from a file: it is aligned everywhere.
  const facts = pairsText({ ...paper, isTerminal: true }, pairs);
  const hints = hintsOf(welcome).map((hint) => `  ${hint}\n`);
  return `\n${facts}\n${bold(paper, 'Try next:')}\n${hints.join('')}\n`;
}

function commitsText(count: number): string {
  return count === 1 ? '1 commit' : `${countText(count)} commits`;
}

/** Three commands that work as they stand, typed where the user stands. */
export function hintsOf({
  dataDir,
  userDir,
  world,
}: Pick<Welcome, 'dataDir' | 'userDir' | 'world'>): readonly string[] {
  const flags = `${worldFlag(world.name)}${dataDirFlag(dataDir, userDir)}`;
  const third = world.name === MAIN_WORLD ? 'sws create' : 'replay --verify';
  return ['graph --view system --digest', 'rewrites --view system --first 5', third].map((words) => {
    return `npx jitosctl ${words}${flags}`;
  });
}

function worldFlag(world: string): string {
  return world === MAIN_WORLD ? '' : ` --world ${world}`;
}

function dataDirFlag(dataDir: string, userDir: string): string {
  if (dataDir === resolve(userDir, DATA_DIR_DEFAULT)) return '';
  const near = relative(userDir, dataDir);
  return ` --data-dir ${shellWord(near.startsWith('..') || near === '' ? dataDir : near)}`;
}
