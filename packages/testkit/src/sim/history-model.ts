/**
 * What a world's history must be, kept in plain arrays and maps from what clients and subscribers were told.
 *
 * The laws it holds a world to: an acknowledged event is in the history; the history never loses or reorders its prefix;
 * nothing leaks between workspaces; a retry never acts twice.
 */
import assert from 'node:assert/strict';
import type { RewritePosition } from '@jitos/daemon/ports/rewrite-index.ts';
import {
  digestToHex,
  getWorkspace,
  trieCount,
  type EncodedEvent,
  type Event,
  type ViewId,
  type World,
} from '@jitos/kernel';
import { naiveContents, naiveGraph, naiveMerge, naiveRewrite, type NaiveGraph } from '../world/naive-graph.ts';
import { present } from '../world/dice.ts';

interface NaiveWorkspace {
  readonly base: NaiveGraph;
  readonly head: NaiveGraph;
}

const EMPTY: NaiveGraph = { nodes: new Map(), edges: new Map() };

export class HistoryModel {
  readonly events: EncodedEvent[] = [];
  /** Where the rewrites of each view stand, in order. */
  readonly rewrites: Map<ViewId, RewritePosition[]> = new Map();
  readonly #workspaces = new Map<number, NaiveWorkspace>();
  #system: NaiveGraph = EMPTY;
  readonly #idxByRequest = new Map<string, number>();

  get length(): number {
    return this.events.length;
  }

  /** Takes the next event of the history: acknowledged, or found when the world was opened. */
  take(encoded: EncodedEvent): void {
    const { event } = encoded;
    assert.equal(event.idx, this.length, 'events come in order, each one once');
    this.events.push(encoded);
    this.#checkRequest(event);
    this.#index(event);
    this.#apply(event);
  }

  /** What is in the log is what was there before, and more or less of it: `unacknowledged` hears of what is new. */
  takeLog(log: readonly EncodedEvent[], unacknowledged: (event: Event) => void): void {
    for (const [idx, encoded] of log.entries()) {
      const known = this.events[idx];
      if (known === undefined) {
        unacknowledged(encoded.event);
        this.take(encoded);
      } else {
        assert.ok(
          known.header === encoded.header && known.body === encoded.body,
          `event ${idx} is another than before`,
        );
      }
    }
  }

  /** A reply leaves when its event is history, and is what the history holds. */
  checkReply({ idx, kind, cause }: Event): void {
    const there = this.events[idx]?.event;
    assert.ok(there !== undefined, `the reply for event ${idx} left before the event was durable`);
    assert.deepEqual([kind, cause], [there.kind, there.cause], 'the reply is what the history holds');
  }

  /** Every view holds what its own events put there, and nothing else. O(the state). */
  checkWorld(world: World): void {
    assert.equal(world.history.size, this.length, 'the world is as long as its history');
    assert.equal(trieCount(world.workspaces), this.#workspaces.size, 'the open workspaces are those of the history');
    checkGraph(naiveGraph(world.system.graph), this.#system, 'System');
    for (const [number, { head }] of this.#workspaces) {
      const workspace = getWorkspace(world, number);
      assert.ok(workspace !== undefined, `workspace ${number} is lost`);
      checkGraph(naiveGraph(workspace.head.graph), head, `workspace ${number}`);
    }
  }

  /** Request ids leave the window after more events than a run has: within it, one id is one event. */
  #checkRequest({ cause, idx }: Event): void {
    if (cause.requestId === null) return;
    const request = JSON.stringify([cause.principal, cause.requestId]);
    const before = this.#idxByRequest.get(request);
    assert.equal(before, undefined, `request ${request} acted twice: at ${before} and ${idx}`);
    this.#idxByRequest.set(request, idx);
  }

  #index(event: Event): void {
    if (!('rewriteIdx' in event)) return;
    const views: ViewId[] = [event.view];
    if (event.kind === 'COLLAPSE' && event.mode !== null) views.push('system');
    for (const view of views) {
      const positions = this.rewrites.get(view) ?? [];
      this.rewrites.set(view, [...positions, { rewriteIdx: event.rewriteIdx, eventIdx: event.idx }]);
    }
  }

  #apply(event: Event): void {
    switch (event.kind) {
      case 'WORLD_CREATED':
      case 'CHECKPOINT':
      case 'SIGNING_KEY_CHANGED':
        return;
      case 'SWS_CREATED':
        this.#workspaces.set(event.view, { base: this.#system, head: this.#system });
        return;
      case 'REWRITE_APPLIED': {
        const { base, head } = present(this.#workspaces.get(event.view));
        const rewritten = naiveRewrite(head, event.ops);
        if (typeof rewritten === 'string') assert.fail(`event ${event.idx} could not have been: ${rewritten}`);
        this.#workspaces.set(event.view, { base, head: rewritten });
        return;
      }
      case 'COLLAPSE': {
        if (event.mode === null) return;
        const { base, head } = present(this.#workspaces.get(event.view));
        const merge = naiveMerge({ base, ours: head, theirs: this.#system });
        assert.ok(merge.merged, `the collapse at ${event.idx} should have been aborted`);
        this.#system = merge.graph;
        this.#workspaces.delete(event.view);
        return;
      }
      case 'DISCARD':
        this.#workspaces.delete(event.view);
    }
  }
}

function checkGraph(actual: NaiveGraph, expected: NaiveGraph, view: string): void {
  const hex = (graph: NaiveGraph): string =>
    naiveContents(graph)
      .map(([id, value]) => `${digestToHex(id)} ${digestToHex(value)}`)
      .join('\n');
  assert.equal(hex(actual), hex(expected), `${view} holds what its events did not put there, or lacks what they did`);
}
