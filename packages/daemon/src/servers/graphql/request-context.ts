/** What the resolvers of one request share. */
import type { World } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import { ReadBudget } from './read-budget.ts';

export interface RequestContext {
  readonly open: OpenWorld;
  /** The newest durable world when the request began, or an older one: every read of it sees the same moment. */
  readonly world: World;
  readonly budget: ReadBudget;
}

export function makeRequestContext(open: OpenWorld, copies: number, past: World | undefined): RequestContext {
  return { open, world: past ?? open.loop.world, budget: new ReadBudget(copies) };
}
