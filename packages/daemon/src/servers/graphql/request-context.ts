/** What the resolvers of one request share. */
import type { World } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import { ReadBudget } from './read-budget.ts';

export interface RequestContext {
  readonly open: OpenWorld;
  /** The newest durable world when the request began: every read of it sees the same moment. */
  readonly world: World;
  readonly budget: ReadBudget;
  /** When the request began, as `performance.now()` has it. */
  readonly startMs: number;
}

export function makeRequestContext(open: OpenWorld, copies: number): RequestContext {
  return { open, world: open.loop.world, budget: new ReadBudget(copies), startMs: performance.now() };
}
