/** Authority against plain lists and maps: what a key is let do, what it is denied, and what history tells of it. */
import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeWorld, worldProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { GRANTED_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { naiveGraph, type NaiveGraph } from '@jitos/testkit/world/naive-graph.ts';
import { runScript, type Step } from '@jitos/testkit/world/run-script.ts';
import { reread } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import { apply } from '../apply.ts';
import { WorldReader } from '../checkpoint/world-reader.ts';
import { worldRecords } from '../checkpoint/world-records.ts';
import { createWorld } from '../decide.ts';
import { DENIALS_TOLD_MAX } from '../grant/denials.ts';
import type { GrantTerms, Verb } from '../grant/grant.ts';
import { edgeValueDigest, nodeValueDigest, type GraphNode } from '../graph/element.ts';
import type { Event } from '../history/event.ts';
import { getEndedWorkspace, getWorkspace, type World } from '../world.ts';
import { isDeniable } from './access.ts';
import type { Command } from './command.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 1500, size: 'max' });

interface NaiveGrant extends GrantTerms {
  readonly id: string;
  spent: number;
  isRevoked: boolean;
}

/** The grants in the order in which they were added. */
class NaiveGrants {
  readonly #all: NaiveGrant[] = [];

  note(event: Event): void {
    if (event.kind === 'GRANT_ADDED') {
      this.#all.push({ ...event.terms, id: event.grantId, spent: 0, isRevoked: false });
    }
    if (event.kind === 'GRANT_REVOKED') this.#all.find(({ id }) => id === event.grantId)!.isRevoked = true;
    const { grant } = event.cause;
    const ops = 'ops' in event && typeof event.ops !== 'number' ? event.ops.length : 0;
    if (grant !== null) for (const link of this.#chain(grant)) link.spent += Math.max(1, ops);
  }

  #chain(id: string | null): NaiveGrant[] {
    const link = this.#all.find((each) => each.id === id);
    return link === undefined ? [] : [link, ...this.#chain(link.parent)];
  }

  /** The chains of the key that allow the verb now and can pay. */
  allowing(key: string, { verb, tick, ops }: { verb: Verb; tick: number; ops: number }): NaiveGrant[][] {
    return this.#all
      .filter(({ holder }) => holder === key)
      .map(({ id }) => this.#chain(id))
      .filter((chain) =>
        chain.every(
          ({ verbs, until, opsMax, spent, isRevoked }) =>
            !isRevoked &&
            (verbs.includes(verb) || (verbs.includes('control') && verb !== 'work')) &&
            tick <= (until ?? Infinity) &&
            spent + ops <= (opsMax ?? Infinity),
        ),
      );
  }

  revokers(id: string): string[] {
    return this.#chain(id).map(({ holder }) => holder);
  }
}

/** Every element that differs, with where an edge leaves. */
function changed(before: NaiveGraph, after: NaiveGraph): { kind: string; node: GraphNode | undefined }[] {
  const found: { kind: string; node: GraphNode | undefined }[] = [];
  for (const id of new Set([...before.nodes.keys(), ...after.nodes.keys()])) {
    const [was, is] = [before.nodes.get(id), after.nodes.get(id)];
    if ((was && nodeValueDigest(was)) === (is && nodeValueDigest(is))) continue;
    found.push({ kind: (is ?? was)!.kind, node: is ?? was });
  }
  for (const id of new Set([...before.edges.keys(), ...after.edges.keys()])) {
    const [was, is] = [before.edges.get(id), after.edges.get(id)];
    if ((was && edgeValueDigest(was)) === (is && edgeValueDigest(is))) continue;
    const { kind, from } = (is ?? was)!;
    found.push({ kind, node: after.nodes.get(from) ?? before.nodes.get(from) });
  }
  return found;
}

function reaches(chain: readonly NaiveGrant[], before: NaiveGraph, after: NaiveGraph): boolean {
  return changed(before, after).every(({ kind, node }) =>
    chain.every(
      ({ kinds, keyPrefix }) =>
        (kinds === null || kinds.includes(kind)) &&
        (keyPrefix === null || (node?.type === 'keyed' && node.key.startsWith(keyPrefix))),
    ),
  );
}

/** What a command names, and what that is merged with. */
function touchedBy(world: World, command: Command): readonly number[] {
  const named = namedBy(command);
  const isMerge = command.type.startsWith('collapse') || command.type === 'rebaseWorkspace';
  const parents = named.map((number) => getWorkspace(world, number)?.parent ?? null);
  return isMerge ? [...named, ...parents.filter((parent) => parent !== null)] : named;
}

function namedBy(command: Command): readonly number[] {
  if (command.type === 'collapseBatch') return command.workspaces;
  if (command.type === 'createWorkspace') return command.from === null ? [] : [command.from];
  if (command.type === 'applyRewrite') return command.view === 'system' ? [] : [command.view];
  return 'workspace' in command ? [command.workspace] : [];
}

function verbOf({ type }: Command): Verb {
  if (type === 'collapseWorkspace' || type === 'collapseBatch') return 'collapse';
  const writes: readonly Command['type'][] = ['createWorkspace', 'applyRewrite', 'rebaseWorkspace', 'discardWorkspace'];
  return writes.includes(type) ? 'write' : 'control';
}

function isForeign(world: World, number: number, key: string): boolean {
  const found = getWorkspace(world, number) ?? getEndedWorkspace(world, number);
  return found !== undefined && found.owner !== key;
}

/** The graphs whose difference a grant has to reach. */
function writtenGraphs({ command, before, after }: Step): readonly [NaiveGraph, NaiveGraph] | undefined {
  const headIn = (world: World, number: number): NaiveGraph => naiveGraph(getWorkspace(world, number)!.head.graph);
  if (command.type === 'applyRewrite' && command.view !== 'system') {
    return [headIn(before, command.view), headIn(after, command.view)];
  }
  if (command.type === 'collapseWorkspace' || command.type === 'collapseBatch') {
    const number = command.type === 'collapseBatch' ? command.workspaces[0]! : command.workspace;
    const target = getWorkspace(before, number)?.parent ?? null;
    const graphIn = (world: World): NaiveGraph =>
      target === null ? naiveGraph(world.system.graph) : headIn(world, target);
    return [graphIn(before), graphIn(after)];
  }
  if (command.type === 'rebaseWorkspace' && command.ops.length > 0) {
    return [naiveGraph(getWorkspace(after, command.workspace)!.base.graph), headIn(after, command.workspace)];
  }
  return undefined;
}

const KEY = /^key:([0-9a-f]{64})$/;

law('a key does what one of its grants allows and nothing else; history tells which, and of the denials', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const grants = new NaiveGrants();
    let told = new Map<string, number>();
    runScript(
      tapeDice(tape),
      90,
      (step) => {
        const { command, decision, before } = step;
        const hex = KEY.exec(command.principal)?.[1];
        const key = hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('latin1');
        const event = decision.ok && !decision.repeated ? decision.encoded.event : undefined;
        if (event?.kind === 'ACCESS_DENIED') {
          assert.ok(key !== undefined, 'the operator is denied nothing');
          told.set(key, (told.get(key) ?? 0) + 1);
          assert.ok(told.get(key)! <= DENIALS_TOLD_MAX);
        }
        if (key !== undefined && event !== undefined) {
          const foreign = touchedBy(before, command).some((number) => isForeign(before, number, key));
          const verb = foreign ? 'control' : verbOf(command);
          const ops = Math.max(1, 'ops' in command ? command.ops.length : 0);
          const chains = grants.allowing(key, { verb, tick: before.clock.tick, ops });
          const isLink = command.type === 'addGrant' && command.terms.parent !== null;
          const isOwn = command.type === 'revokeGrant' && grants.revokers(command.grantId).includes(key);
          if (event.kind !== 'ACCESS_DENIED') {
            const graphs = writtenGraphs(step);
            const payer = chains.find((chain) => graphs === undefined || reaches(chain, ...graphs));
            if (isLink || isOwn) assert.equal(event.cause.grant, null);
            else assert.equal(event.cause.grant, payer?.[0]?.id ?? 'nobody allows it');
          } else if (event.written === null) {
            const isRoot = command.type === 'addGrant'; // which no grant gives
            assert.deepEqual([isRoot ? 0 : chains.length, isLink, isOwn], [0, false, false]);
            assert.ok(isDeniable(before, event));
          } else {
            assert.ok(chains.every((chain) => chain.some(({ kinds, keyPrefix }) => (kinds ?? keyPrefix) !== null)));
          }
        }
        if (event?.kind === 'TICK') told = new Map();
        if (event !== undefined) grants.note(event);
      },
      GRANTED_PLAYGROUND,
    );
  },
});

law('a world of grants folds, and is read back from its records, as it was', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    let folded: World = apply(null, createWorld({ quantumMs: 1000 }, sha256).encoded, sha256);
    runScript(
      tapeDice(tape),
      60,
      ({ decision, after }) => {
        if (!decision.ok || decision.repeated) return;
        folded = apply(folded, reread(decision.encoded), sha256);
        assert.deepEqual(describeWorld(folded), describeWorld(after));
        assert.deepEqual(worldProblems(after), []);
      },
      GRANTED_PLAYGROUND,
    );
    const reader = new WorldReader(sha256);
    for (const record of [...worldRecords(folded)].flat()) reader.take(record);
    assert.deepEqual(describeWorld(reader.world!), describeWorld(folded));
  },
});
