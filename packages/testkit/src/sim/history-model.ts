/**
 * What a world's history must be, kept in plain arrays and maps from what clients and subscribers were told.
 *
 * The laws it holds a world to: an acknowledged event is in the history; the history never loses or reorders its prefix;
 * nothing leaks between workspaces; a retry never acts twice.
 */
import assert from 'node:assert/strict';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import type { RewritePosition } from '@jitos/daemon/ports/rewrite-index.ts';
import {
  decodeRulePack,
  digestToHex,
  getWorkspace,
  policyById,
  trieCount,
  trieEntries,
  type Collapse,
  type CollapseBatch,
  type ElementValue,
  type EncodedEvent,
  type Event,
  type Migration,
  type Rebase,
  type RulePack,
  type RulesProposed,
  type RulesRefused,
  type RulesWithdrawn,
  type ViewId,
  type Workspace,
  type World,
  type Written,
} from '@jitos/kernel';
import { naiveContents, naiveGraph, naiveRewrite, type NaiveGraph } from '../world/naive-graph.ts';
import { expectedByOps, naiveMerge, withNaiveExpected, type NaiveMerge } from '../world/naive-merge.ts';
import { naiveBreaks, naiveMigrate } from '../world/naive-rules.ts';
import { NO_RULES } from '../world/no-rules.ts';
import { present } from '../world/dice.ts';

/** What a workspace has written since its base. */
interface NaiveWritten {
  readonly opCount: number;
  /** What its target is held to. */
  readonly expected: readonly ElementValue[];
}

interface NaiveWorkspace extends NaiveWritten {
  readonly parent: number | null;
  /** Of its base, and so of its head. */
  readonly rules: RulePack;
  readonly base: NaiveGraph;
  /** Where that was taken from. */
  readonly baseView: number | null;
  readonly head: NaiveGraph;
  /** What its parent had written by the time it came to its base. */
  readonly atFork: NaiveWritten;
}

const NOTHING: NaiveWritten = { opCount: 0, expected: [] };
const EMPTY: NaiveGraph = { nodes: new Map(), edges: new Map() };

export class HistoryModel {
  readonly events: EncodedEvent[] = [];
  /** Where the rewrites of each view stand, in order. */
  readonly rewrites: Map<ViewId, RewritePosition[]> = new Map();
  readonly #workspaces = new Map<number, NaiveWorkspace>();
  #system: NaiveGraph = EMPTY;
  /** System's. */
  #rules: RulePack = NO_RULES;
  /** The pack that is being checked. */
  #proposed: { readonly rules: RulePack; readonly migration: Migration } | null = null;
  #tick = 0;
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
    assert.equal(world.clock.tick, this.#tick);
    assert.equal(trieCount(world.workspaces), this.#workspaces.size, 'the open workspaces are those of the history');
    checkGraph(naiveGraph(world.system.graph), this.#system, 'System');
    for (const [number, { head, baseView, ...written }] of this.#workspaces) {
      const workspace = getWorkspace(world, number);
      assert.ok(workspace !== undefined, `workspace ${number} is lost`);
      checkGraph(naiveGraph(workspace.head.graph), head, `workspace ${number}`);
      checkWritten(workspace, written, `workspace ${number}`);
      assert.equal(workspace.baseView, baseView, `where the base of workspace ${number} is from`);
    }
  }

  /** Request ids leave the window after more events than a run has: within it, one id is one event. */
  #checkRequest({ kind, cause, idx }: Event): void {
    if (cause.requestId === null || kind === 'ACCESS_DENIED') return; // nobody acted
    const request = JSON.stringify([cause.principal, cause.requestId]);
    const before = this.#idxByRequest.get(request);
    assert.equal(before, undefined, `request ${request} acted twice: at ${before} and ${idx}`);
    this.#idxByRequest.set(request, idx);
  }

  #index(event: Event): void {
    if (!('rewriteIdx' in event)) return;
    for (const view of this.#viewsOf(event)) {
      const positions = this.rewrites.get(view) ?? [];
      this.rewrites.set(view, [...positions, { rewriteIdx: event.rewriteIdx, eventIdx: event.idx }]);
    }
  }

  #viewsOf(event: Extract<Event, { readonly rewriteIdx: number }>): ViewId[] {
    if (event.kind === 'COLLAPSE_BATCH') {
      const numbers = event.entries.map(({ workspace }) => workspace);
      return event.committedCount > 0 ? [...numbers, event.target ?? 'system'] : numbers;
    }
    if (event.kind !== 'COLLAPSE' || event.mode === null) return [event.view];
    return [event.view, present(this.#workspaces.get(event.view)).parent ?? 'system'];
  }

  #apply(event: Event): void {
    switch (event.kind) {
      case 'WORLD_CREATED':
      case 'CHECKPOINT':
      case 'SIGNING_KEY_CHANGED':
      case 'SETTINGS_CHANGED':
      case 'RULES_CHECKED':
      case 'GRANT_ADDED':
      case 'GRANT_REVOKED':
      case 'ACCESS_DENIED':
        return;
      case 'TICK':
        assert.equal(event.tick, this.#tick + event.ticks, 'time goes on where it was');
        this.#tick = event.tick;
        return;
      case 'RULES_PROPOSED':
        return this.#propose(event);
      case 'RULES_ACTIVATED':
        return this.#activate();
      case 'RULES_REFUSED':
        return this.#refuse(event);
      case 'RULES_WITHDRAWN':
        return this.#withdraw(event);
      case 'SWS_CREATED': {
        const base = this.#graphOf(event.parent);
        const rules = this.#rulesOf(event.parent);
        const atFork = this.#writtenBy(event.parent);
        const views = { parent: event.parent, baseView: event.parent };
        this.#workspaces.set(event.view, { ...views, rules, base, head: base, ...NOTHING, atFork });
        return;
      }
      case 'REWRITE_APPLIED': {
        const workspace = present(this.#workspaces.get(event.view));
        const rewritten = naiveRewrite(workspace.head, event.ops);
        if (typeof rewritten === 'string') assert.fail(`event ${event.idx} could not have been: ${rewritten}`);
        assert.deepEqual(naiveBreaks(rewritten, workspace.rules), [], `event ${event.idx} broke a rule`);
        const written = joined(workspace.base, workspace, {
          opCount: event.ops.length,
          expected: expectedByOps(event.ops),
        });
        this.#workspaces.set(event.view, { ...workspace, head: rewritten, ...written });
        return;
      }
      case 'COLLAPSE':
        return this.#collapse(event);
      case 'COLLAPSE_BATCH':
        return this.#collapseBatch(event);
      case 'REBASE':
        return this.#rebase(event);
      case 'DISCARD': {
        const { parent, base, baseView, atFork } = present(this.#workspaces.get(event.view));
        this.#end(event.view, (child, number) => {
          for (const [low, of] of this.#workspaces) {
            if (of.parent === number)
              this.#workspaces.set(low, { ...of, atFork: joined(base, child.atFork, of.atFork) });
          }
          return { ...child, parent, base, baseView, ...joined(base, child.atFork, child), atFork };
        });
      }
    }
  }

  /** Commits exactly if a merge of plain maps does, and aborts for as many conflicts. */
  #collapse(event: Collapse): void {
    const merge = this.#merge(event.view, event);
    const { parent } = present(this.#workspaces.get(event.view));
    if (merge.merged && event.mode === null) return this.#checkProposal(event, parent);
    assert.equal(event.conflictCount, merge.merged ? 0 : merge.conflicts.length, `conflicts of event ${event.idx}`);
    assert.equal(event.mode !== null, merge.merged, `whether the collapse at ${event.idx} was to be aborted`);
    if (merge.merged) this.#carry(event.view, merge.graph);
  }

  /** The last first where the order is any, which must make no difference. */
  #collapseBatch(event: CollapseBatch): void {
    const entries = event.order === 'any' ? event.entries.toReversed() : event.entries;
    for (const { workspace, conflictCount } of entries) {
      const merge = this.#merge(workspace, { pins: event.pins, footprint: null });
      const count = merge.merged ? 0 : merge.conflicts.length;
      assert.equal(conflictCount, count, `conflicts of workspace ${workspace} in event ${event.idx}`);
      if (merge.merged) this.#carry(workspace, merge.graph);
    }
  }

  #merge(number: number, { pins, footprint }: Pick<Collapse, 'pins' | 'footprint'>): NaiveMerge {
    const { parent, base, head, expected } = present(this.#workspaces.get(number));
    const policy = present(policyById(pins.policyId ?? -1));
    const fork = { rules: this.#rulesOf(parent), base, ours: head, theirs: this.#graphOf(parent) };
    return naiveMerge(fork, { policy, expected, ranges: footprint?.ranges ?? [], choices: new Map() });
  }

  #carry(number: number, merged: NaiveGraph): void {
    const ended = present(this.#workspaces.get(number));
    const { parent } = ended;
    if (parent === null) this.#system = merged;
    else {
      const target = present(this.#workspaces.get(parent));
      this.#workspaces.set(parent, { ...target, head: merged, ...joined(target.base, target, ended) });
    }
    const targetBase = parent === null ? null : present(this.#workspaces.get(parent)).base;
    this.#end(number, (child) => {
      const atFork = targetBase === null ? NOTHING : joined(targetBase, ended.atFork, child.atFork);
      return { ...child, parent, atFork };
    });
  }

  #rebase(event: Rebase): void {
    const workspace = present(this.#workspaces.get(event.view));
    const theirs = this.#graphOf(workspace.parent);
    const policy = present(policyById(event.pins.policyId ?? -1));
    const choices = new Map(event.choices.map(({ id, side }) => [id, side]));
    const rules = this.#rulesOf(workspace.parent);
    const fork = { rules, base: workspace.base, ours: workspace.head, theirs };
    const terms = { policy, expected: workspace.expected, ranges: event.footprint?.ranges ?? [], choices };
    const merge = naiveMerge(fork, terms);
    assert.ok(merge.merged, `the rebase at ${event.idx} leaves conflicts`);
    const head = naiveRewrite(merge.graph, event.ops);
    if (typeof head === 'string') assert.fail(`event ${event.idx} could not have been: ${head}`);
    assert.deepEqual(naiveBreaks(head, rules), [], `event ${event.idx} broke a rule`);
    const { nodes, edges } = event.changed;
    const left = { opCount: nodes + edges, expected: withNaiveExpected(theirs, [], workspace.expected) };
    const written = joined(theirs, left, { opCount: event.ops.length, expected: expectedByOps(event.ops) });
    const baseView = workspace.parent;
    const atFork = this.#writtenBy(baseView);
    this.#workspaces.set(event.view, { ...workspace, rules, base: theirs, baseView, head, ...written, atFork });
  }

  /** What merges may yet break the pack that is being checked, and nothing else keeps it from System. */
  #checkProposal({ idx, conflicts }: Collapse, parent: number | null): void {
    assert.ok(parent === null && this.#proposed !== null, `the collapse at ${idx} should not have been aborted`);
    assert.ok(conflicts.length > 0 && conflicts.every(({ rule }) => rule !== null), `conflicts of event ${idx}`);
  }

  #propose({ idx, rules, migration }: RulesProposed): void {
    assert.equal(this.#proposed, null, `event ${idx} proposes a second pack`);
    const decoded = decodeRulePack(rules, sha256);
    assert.ok(decoded.ok, `event ${idx} proposes what is no pack`);
    this.#proposed = { rules: decoded.rules, migration };
  }

  #activate(): void {
    const { rules, migration } = present(this.#proposed ?? undefined);
    this.#proposed = null;
    this.#system = naiveMigrate(this.#system, migration, () => true);
    this.#rules = rules;
    assert.deepEqual(naiveBreaks(this.#system, rules), [], 'System breaks the pack that was put in force');
  }

  #withdraw({ idx }: RulesWithdrawn): void {
    assert.notEqual(this.#proposed, null, `event ${idx} withdraws a pack that is not checked`);
    this.#proposed = null;
  }

  #refuse({ idx }: RulesRefused): void {
    const { rules, migration } = present(this.#proposed ?? undefined);
    this.#proposed = null;
    const migrated = naiveMigrate(this.#system, migration, () => true);
    assert.ok(naiveBreaks(migrated, rules).length > 0, `event ${idx} refused a pack that System keeps to`);
  }

  #rulesOf(view: number | null): RulePack {
    return view === null ? this.#rules : present(this.#workspaces.get(view)).rules;
  }

  #graphOf(view: number | null): NaiveGraph {
    return view === null ? this.#system : present(this.#workspaces.get(view)).head;
  }

  #writtenBy(view: number | null): NaiveWritten {
    if (view === null) return NOTHING;
    const { opCount, expected } = present(this.#workspaces.get(view));
    return { opCount, expected };
  }

  #end(number: number, orphan: (child: NaiveWorkspace, number: number) => NaiveWorkspace): void {
    this.#workspaces.delete(number);
    for (const [other, workspace] of this.#workspaces) {
      if (workspace.parent === number) this.#workspaces.set(other, orphan(workspace, other));
    }
  }
}

/** What two have written since `base`, one after the other. */
function joined(base: NaiveGraph, first: NaiveWritten, second: NaiveWritten): NaiveWritten {
  const expected = withNaiveExpected(base, first.expected, second.expected);
  return { opCount: first.opCount + second.opCount, expected };
}

function checkWritten(
  actual: Workspace,
  { opCount, expected, parent, atFork }: Omit<NaiveWorkspace, 'head' | 'baseView'>,
  view: string,
): void {
  const naiveText = (written: NaiveWritten): unknown => [
    written.opCount,
    written.expected.map(({ id, value }) => digestToHex(id) + (value === null ? '' : digestToHex(value))).toSorted(),
  ];
  const text = (written: Written): unknown =>
    naiveText({ ...written, expected: trieEntries(written.expected).map(({ value }) => value) });
  assert.deepEqual(text(actual), naiveText({ opCount, expected }), `what ${view} has written`);
  if (parent === null) return assert.equal(actual.parentAtFork, null);
  assert.deepEqual(
    text(present(actual.parentAtFork ?? undefined)),
    naiveText(atFork),
    `what the parent of ${view} had`,
  );
}

function checkGraph(actual: NaiveGraph, expected: NaiveGraph, view: string): void {
  const hex = (graph: NaiveGraph): string =>
    naiveContents(graph)
      .map(([id, value]) => `${digestToHex(id)} ${digestToHex(value)}`)
      .join('\n');
  assert.equal(hex(actual), hex(expected), `${view} holds what its events did not put there, or lacks what they did`);
}
