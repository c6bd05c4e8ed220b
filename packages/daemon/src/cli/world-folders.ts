/** Commands that read logs as files: which worlds they mean, and how they answer for one or for all. */
import { worldFolder, worldNames } from '../engine/host.ts';
import { Failure } from '../errors/failure.ts';
import type { Answer } from './command.ts';
import type { GlobalFlags } from './flags.ts';
import type { Paper } from './terminal/paper.ts';

export interface WorldFolder {
  readonly world: string;
  /** Absolute. */
  readonly folder: string;
}

/**
 * The world that was named, or every one of the data folder. Throws `WORLD_NOT_FOUND`, and `USAGE` where a daemon was named:
 * these commands ask none, and an answer about other data would pass for its.
 */
export function chooseWorldFolders({ dataDir, world, url }: GlobalFlags): readonly WorldFolder[] {
  if (url !== null) {
    throw new Failure('USAGE', '--url', 'this reads the data folder and asks no daemon: leave --url (JITOS_URL) out');
  }
  const names = worldNames(dataDir);
  if (world === null && names.length === 0) {
    throw new Failure('WORLD_NOT_FOUND', dataDir, 'there is no world in this data folder');
  }
  if (world !== null && !names.includes(world)) {
    throw new Failure('WORLD_NOT_FOUND', dataDir, `there is no world '${world}' in this data folder`);
  }
  return (world === null ? names : [world]).map((name) => ({ world: name, folder: worldFolder(dataDir, name) }));
}

export interface WorldReport {
  readonly world: string;
  readonly ok: boolean;
}

/** The report itself when a world was named, else `{ok, worlds: [report …]}`. */
export function reportsAnswer<Report extends WorldReport>(
  { world }: GlobalFlags,
  reports: readonly Report[],
  text: (paper: Paper, reports: readonly Report[]) => string,
): Answer {
  const ok = reports.every((report) => report.ok);
  return {
    json: world === null ? { ok, worlds: reports } : reports[0],
    text: (paper) => text(paper, reports),
    status: ok ? 0 : 1,
  };
}
