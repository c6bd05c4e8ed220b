/** The world after each event of a history, each kept as it was. */
import { readEvents } from '@jitos/daemon/engine/history-reader.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import type { Log } from '@jitos/daemon/ports/log.ts';
import { apply, type World } from '@jitos/kernel';

export async function allWorlds(log: Pick<Log, 'batches'>): Promise<readonly World[]> {
  const worlds: World[] = [];
  for await (const encoded of readEvents(log, 0)) worlds.push(apply(worlds.at(-1) ?? null, encoded, sha256));
  return worlds;
}
