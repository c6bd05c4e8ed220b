/** The workspaces that a request is told of where it asks for all. */
import { emptyTrie, getWorkspace, keyOfPrincipal, keyToNumber, trieEntries, triePut, type Trie } from '@jitos/kernel';
import { seesAll } from '../auth/access.ts';
import type { RequestContext } from './request-context.ts';

/** What keys were told of, by the trie that it was found in: one page after another asks for it. */
const VISIBLE = new WeakMap<Trie<unknown>, Map<string, Trie<unknown>>>();

/** The part of a trie by numbers of open workspaces that is told. O(1) for who sees all, else once O(its entries). */
export function visibleOf<Value>(context: RequestContext, numbers: Trie<Value>): Trie<Value> {
  if (seesAll(context)) return numbers;
  const byPrincipal = VISIBLE.get(numbers) ?? new Map<string, Trie<Value>>();
  VISIBLE.set(numbers, byPrincipal);
  const known = byPrincipal.get(context.principal) as Trie<Value> | undefined; // a part of the same trie
  const visible = known ?? ownOf(context, numbers);
  byPrincipal.set(context.principal, visible);
  return visible;
}

function ownOf<Value>({ world, principal }: RequestContext, numbers: Trie<Value>): Trie<Value> {
  const owner = keyOfPrincipal(principal);
  let own = emptyTrie<Value>();
  for (const { key, value } of trieEntries(numbers)) {
    if (getWorkspace(world, keyToNumber(key))?.owner === owner) own = triePut(own, key, value, null);
  }
  return own;
}
