/** Views as they were after an event, made from the history's files and asked through the daemon's own schema. */
import { openWorld } from '../engine/open-world.ts';
import { worldAt } from '../engine/replay-history.ts';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../logs/memory/memory-rewrite-index.ts';
import type { Context } from './command.ts';
import { FoldProgress, mustHaveEvent, openHistory } from './history-command.ts';
import { LocalExecutor } from './local-executor.ts';
import type { Operation, Session } from './session.ts';
import { tellTyped } from './typed-places.ts';

/** Answers operations that read a graph, of the world after the event `idx`. Throws `EVENT_NOT_FOUND`. */
export async function openPastSession(context: Context, idx: number): Promise<Pick<Session, 'execute'>> {
  const history = await openHistory(context);
  mustHaveEvent(history, idx, '--at');
  const past = await worldAt(history, idx, null, new FoldProgress(context, `folding ${history.world}`));
  // Nobody reads or writes it: an operation is asked of an open world, and sees the past in its place.
  const stand = await openWorld({
    name: history.world,
    log: new MemoryLog({ store: { batches: [] }, sync: 'inline' }),
    openRewriteIndex: () => new MemoryRewriteIndex(),
  });
  const executor = new LocalExecutor();
  return {
    execute: <Data>(_: string, operation: Operation) =>
      tellTyped(executor.execute<Data>(stand, operation, past), operation.places),
  };
}
