/** The workspaces that a request is told of where it asks for all. */
import { emptyTrie, keyOfPrincipal, openOf, trieGet, triePut, walkAfter, type Trie } from '@jitos/kernel';
import { seesAll } from '../auth/access.ts';
import type { RequestContext } from './request-context.ts';

/** A trie by the numbers of the open workspaces that are told. O(log n). */
export function visibleWorkspaces(context: RequestContext): Trie<unknown> {
  return seesAll(context) ? context.world.workspaces : ownOf(context);
}

/** The part of a workspace's forks that is told. O(forks) for who does not see all. */
export function visibleForks(context: RequestContext, forks: Trie<number>): Trie<number> {
  if (seesAll(context)) return forks;
  const own = ownOf(context);
  let visible = emptyTrie<number>();
  walkAfter(forks, null, (key, number) => {
    if (trieGet(own, key) !== undefined) visible = triePut(visible, key, number, null);
  });
  return visible;
}

function ownOf({ world, principal }: RequestContext): Trie<number> {
  const owner = keyOfPrincipal(principal);
  return owner === null ? emptyTrie() : openOf(world, owner);
}
