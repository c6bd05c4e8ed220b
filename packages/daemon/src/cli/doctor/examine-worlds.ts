/** The worlds of a data folder, as far as their names, modes and headers tell: `log check` reads the rest. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { worldFolder, worldNames } from '../../engine/host.ts';
import { KEY_NAME } from '../../engine/proofs/key-files.ts';
import { Failure } from '../../errors/failure.ts';
import { inspectHeaders } from '../../logs/file/inspect-log.ts';
import { nodeDisk } from '../../logs/file/node-disk.ts';
import { modeText, othersMay } from './file-mode.ts';
import { countText } from '../terminal/plain-text.ts';
import { bad, doubtful, examined, good, type Finding } from './finding.ts';

/** A clock may be a little behind the one that stamped a file. */
const AHEAD_MS_MAX = 60_000;

export async function examineWorlds(dataDir: string): Promise<readonly Finding[]> {
  return await examined('worlds', () => examineAll(dataDir));
}

async function examineAll(dataDir: string): Promise<readonly Finding[]> {
  const names = worldNames(dataDir);
  const findings: Finding[] = [];
  for (const name of names) {
    findings.push(...(await examined(`world ${name}`, () => examineWorld(name, worldFolder(dataDir, name)))));
  }
  return findings.length > 0 ? findings : [doubtful('worlds', 'there are none', 'start the daemon: it makes `main`')];
}

async function examineWorld(name: string, folder: string): Promise<readonly Finding[]> {
  const subject = `world ${name}`;
  const found = [await examineHeaders(subject, name, folder), examineKey(subject, folder)];
  return found.filter((each) => each !== undefined);
}

async function examineHeaders(subject: string, name: string, folder: string): Promise<Finding> {
  const repair = `stop the daemon, then \`npx jitosctl log check --world ${name}\``;
  try {
    const { segments, checkpoints } = await inspectHeaders({ disk: nodeDisk(), folder });
    const broken = segments.find(({ fault }) => fault !== undefined);
    if (broken !== undefined) return bad(subject, `${broken.name}: ${broken.fault}`, repair);
    const newest = segments.at(-1);
    if (newest === undefined) return bad(subject, 'its log has no segment', repair);
    const aheadMs = statSync(join(folder, newest.name)).mtimeMs - Date.now();
    if (aheadMs > AHEAD_MS_MAX) {
      const detail = `its newest write is ${countText(Math.floor(aheadMs / 1000))} s in the future: the clock was set back`;
      return doubtful(subject, detail, 'set the clock; no time passes in the world until it is there again');
    }
    const counts = `segments: ${segments.length}, checkpoints: ${checkpoints.length}`;
    return good(subject, `${counts}; \`npx jitosctl log check --world ${name}\` reads every byte`);
  } catch (fault) {
    if (!(fault instanceof Failure)) throw fault;
    return bad(subject, fault.message, repair);
  }
}

/** Who has the key signs histories in the world's name. */
function examineKey(subject: string, folder: string): Finding | undefined {
  const path = join(folder, KEY_NAME);
  if (!existsSync(path)) return undefined;
  const { mode } = statSync(path);
  if (!othersMay(mode)) return undefined;
  const advice = `chmod 600 ${path}, then \`npx jitosctl key rotate\`: others may have read it`;
  return bad(subject, `others may read or write its signing key (mode ${modeText(mode)})`, advice);
}
