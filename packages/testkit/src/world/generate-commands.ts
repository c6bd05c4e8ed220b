/**
 * Commands to throw at a world: plausible ones mostly, wrong ones now and then.
 *
 * A generator looks at the world as it is, so that most of what it makes is carried out: skewed keys that collide
 * between workspaces, all six ops, both expectations, edges between nodes that are there, deletions that clear their
 * node's edges first, many workspaces open at once, retries of earlier commands, and request ids used twice.
 */
import { changeAuthority, KEY_NAMES } from './generate-grants.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  claim,
  diffRewrites,
  edgesFrom,
  edgesTo,
  getWorkspace,
  policyById,
  POLICY_DEFAULT,
  nodeValueDigest,
  trieCount,
  trieEntries,
  trieEntryAt,
  trieGet,
  ZERO_DIGEST,
  type Claims,
  type Command,
  type Digest,
  type ElementId,
  type Expectation,
  type Graph,
  type GraphNode,
  type Op,
  type RebaseWorkspace,
  type Trie,
  type Value,
  type Workspace,
  type World,
  writeSetOf,
} from '@jitos/kernel';
import { oneIn, pick, present, skewed, type Dice } from './dice.ts';
import { generateFootprint } from './generate-footprints.ts';
import { generateMigration, generateRules } from './generate-rules.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  changeSettings,
  advanceClock,
  changeSigningKey,
  checkRules,
  collapseBatch,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteEdge,
  deleteNode,
  discardWorkspace,
  keyedId,
  proposeRules,
  putNode,
  rebaseWorkspace,
  recordCheckpoint,
  testPrincipal,
  setEdge,
  utf8,
  withdrawRules,
  type CommandOptions,
  type Fields,
} from './make-ops.ts';

/** How big the playground is: fewer keys make more conflicts. */
export interface Playground {
  /** Keys and payloads begin with it: playgrounds with prefixes of their own share no element. */
  readonly prefix: string;
  /** Keyed nodes a kind, and payloads a content kind. */
  readonly keyCount: number;
  /** Workspaces open at once, about; below `workspacesMin` every other command makes one. */
  readonly workspacesMax: number;
  readonly workspacesMin: number;
  /** Ops a rewrite, at most; composite deletions may add some. */
  readonly opsMax: number;
  /** Where there are grants, the first one is the operator. */
  readonly principals: readonly string[];
  /** Whether rule packs are proposed and checked, too. */
  readonly hasRules: boolean;
  /** Whether grants are given and revoked, and keys act by them. */
  readonly hasGrants: boolean;
}

export const SMALL_PLAYGROUND: Playground = {
  prefix: '',
  keyCount: 8,
  workspacesMax: 6,
  workspacesMin: 2,
  opsMax: 4,
  principals: ['ann', 'bob'],
  hasRules: false,
  hasGrants: false,
};

export const RULED_PLAYGROUND: Playground = { ...SMALL_PLAYGROUND, hasRules: true };

/** The operator, and keys that act by what they were granted. */
export const GRANTED_PLAYGROUND: Playground = {
  ...SMALL_PLAYGROUND,
  principals: ['ann', ...KEY_NAMES.map(testPrincipal), ...KEY_NAMES.map(testPrincipal)],
  hasGrants: true,
};

const KEYED_KINDS = ['file', 'task'] as const;
const CONTENT_KINDS = ['note', 'commit'] as const;
const EDGE_KINDS = ['owns', 'next'] as const;
const FIELD_NAMES = ['a', 'b', 'state', 'ü'] as const;
const FIELD_VALUES: readonly Value[] = [
  0,
  1,
  -1,
  5,
  2n ** 64n - 1n,
  'text',
  true,
  1.5,
  [1, 'x'],
  ['x', 2],
  [],
  new Map([['k', 2n ** 60n]]),
];
const PAYLOADS = [null, utf8(''), utf8('p'), utf8('payload')] as const;

/** The next command; `past` are those made before it, some of which come again. */
export function generateCommand(
  dice: Dice,
  world: World,
  past: readonly Command[],
  playground: Playground = SMALL_PLAYGROUND,
): Command {
  if (past.length > 0 && oneIn(dice, 12)) return pick(dice, past);
  const options = generateOptions(dice, world, past, playground);
  if (oneIn(dice, 40)) return recordSomething(dice, world, options);
  // The last one's proposal may be on its way yet: then its event is one of the next.
  if (past.at(-1)?.type === 'proposeRules' && oneIn(dice, 3)) return withdrawRules(world.history.size, options);
  if (playground.hasRules && oneIn(dice, 5)) return changeRules(dice, world, options);
  if (playground.hasGrants && oneIn(dice, 6)) {
    return changeAuthority(dice, world, options, { ...options, principal: playground.principals[0]! });
  }
  const open = openNumbers(world);
  if (
    open.length === 0 ||
    (open.length < playground.workspacesMax && oneIn(dice, open.length < playground.workspacesMin ? 2 : 6))
  )
    return createWorkspace(open.length > 0 && oneIn(dice, 3) ? { ...options, from: pick(dice, open) } : options);
  const number = oneIn(dice, 40) ? dice.below(world.workspaceCount + 2) : pick(dice, open);
  const die = dice.below(24);
  if (die < 13) return generateRewrite(dice, world, number, options, playground);
  if (die < 15) return generateRebase(dice, world, number, options, playground);
  if (die < 22 && oneIn(dice, 4)) return generateBatch(dice, world, number, options);
  if (die < 22) return generateCollapse(dice, world, number, options);
  if (die < 23) return discardWorkspace(number, oneIn(dice, 2) ? { ...options, reason: 'thrown away' } : options);
  return applyRewrite('system', [addNode('note')], options);
}

/** Half of them choose sides, of a few elements; some go on with a rewrite. */
export function generateRebase(
  dice: Dice,
  world: World,
  number: number,
  options: CommandOptions,
  playground: Playground,
): RebaseWorkspace {
  const { graph } = getWorkspace(world, number)?.head ?? world.system;
  const chosen = new Map<ElementId, 'ours' | 'theirs'>();
  for (let left = oneIn(dice, 2) ? dice.below(6) : 0; left > 0; left--) {
    const table: Trie<{ readonly id: ElementId }> = oneIn(dice, 3) ? graph.edges : graph.nodes;
    if (trieCount(table) > 0) chosen.set(elementAt(dice, table).id, pick(dice, ['ours', 'theirs']));
  }
  const choices = [...chosen].map(([id, side]) => ({ id, side }));
  const ops = oneIn(dice, 4) ? generateOps(dice, world.system.graph, playground) : [];
  return rebaseWorkspace(number, { ...options, policyId: pick(dice, [1, 2, 3, 5, 6]), choices, ops });
}

function changeRules(dice: Dice, world: World, options: CommandOptions): Command {
  const isChecking = world.installation?.status === 'checking';
  if (isChecking && oneIn(dice, 8)) return withdrawRules(world.installation.proposedIdx, options);
  if (isChecking !== oneIn(dice, 12)) return checkRules(1 + dice.below(12), options);
  const rules = generateRules(dice);
  return proposeRules(rules.bytes, generateMigration(dice, rules), options);
}

/** Under the default policy as often as under another; with what was read where the policy asks for that, and seldom else. */
function generateCollapse(dice: Dice, world: World, number: number, options: CommandOptions): Command {
  const policyId = oneIn(dice, 2) ? dice.below(8) : undefined;
  const { checksReads } = policyById(policyId ?? world.settings.defaultPolicyId) ?? POLICY_DEFAULT;
  const footprint =
    oneIn(dice, 12) === checksReads
      ? undefined
      : generateFootprint(dice, getWorkspace(world, number)?.base ?? world.system);
  return collapseWorkspace(number, {
    ...options,
    ...(policyId === undefined ? {} : { policyId }),
    ...(footprint === undefined ? {} : { footprint }),
  });
}

/** A workspace and some of its parent's others, whatever they write. */
function generateQueue(
  dice: Dice,
  world: World,
  number: number,
  options: CommandOptions & { readonly policyId?: number },
): Command {
  const numbers = [number];
  const parent = getWorkspace(world, number)?.parent;
  for (const { value: other } of trieEntries(world.workspaces)) {
    if (other.number === number || other.parent !== parent || oneIn(dice, 3)) continue;
    numbers.splice(dice.below(numbers.length + 1), 0, other.number);
  }
  return collapseBatch(numbers, { ...options, order: 'given' });
}

/** A workspace with others of its parent that it does not meet, and now and then one that it may meet or that is no fit. */
function generateBatch(dice: Dice, world: World, number: number, options: CommandOptions): Command {
  const policyId = oneIn(dice, 3) ? {} : { policyId: dice.below(8) };
  const numbers = [number];
  const first = getWorkspace(world, number);
  const claims: Claims = new Map();
  if (oneIn(dice, 3)) return generateQueue(dice, world, number, { ...options, ...policyId });
  const joins = ({ number: each, base, head, expected }: Workspace): boolean => {
    const { rules } = world.system;
    const set = writeSetOf({ rules, base: base.graph, ours: head.graph }, expected, sha256);
    return claim(new Map(claims), set, each) === undefined && claim(claims, set, each) === undefined;
  };
  if (first !== undefined) joins(first);
  for (const { value: other } of trieEntries(world.workspaces)) {
    if (other.number === number || oneIn(dice, 5)) continue;
    const isFit = first !== undefined && other.parent === first.parent && joins(other);
    if (isFit || oneIn(dice, 40)) numbers.push(other.number);
  }
  return collapseBatch(oneIn(dice, 2) ? numbers.toReversed() : numbers, { ...options, ...policyId });
}

/** What changes no graph. */
function recordSomething(dice: Dice, world: World, options: CommandOptions): Command {
  if (oneIn(dice, 4)) return advanceClock(1 + dice.below(100), { ...options, wallMs: dice.below(1e6) });
  if (oneIn(dice, 3)) return changeSettings({ abortsMax: 1 + dice.below(9), defaultPolicyId: dice.below(8) }, options);
  return world.history.size % 4 === 0 ? changeSigningKey(ZERO_DIGEST, options) : recordCheckpoint(options);
}

function openNumbers(world: World): number[] {
  return trieEntries(world.workspaces).map(({ value }) => value.number);
}

/** Half of the commands carry a request id; a few of those ids are taken. Some are valid for a while only. */
function generateOptions(
  dice: Dice,
  { clock }: World,
  past: readonly Command[],
  playground: Playground,
): CommandOptions {
  const principal = pick(dice, playground.principals);
  const valid = oneIn(dice, 6) ? { validUntil: Math.max(0, clock.tick + dice.below(40) - 1) } : {};
  const meta = oneIn(dice, 4) ? { meta: new Map([['why', dice.below(3)]]) } : {};
  if (oneIn(dice, 2)) return { principal, ...valid, ...meta };
  const serial = oneIn(dice, 20) ? dice.below(past.length + 1) : past.length;
  return { principal, requestId: `r${serial}`, ...valid, ...meta };
}

function generateRewrite(
  dice: Dice,
  world: World,
  number: number,
  options: CommandOptions,
  playground: Playground,
): Command {
  const { graph } = getWorkspace(world, number)?.head ?? world.system;
  const patch = oneIn(dice, 12) ? generatePatch(dice, world) : [];
  return applyRewrite(number, patch.length > 0 ? patch : generateOps(dice, graph, playground), options);
}

/** What leads from one view to another, as much as fits one rewrite: each op expects its element to be as it is there. */
function generatePatch(dice: Dice, world: World): readonly Op[] {
  const views = [world.system, ...trieEntries(world.workspaces).map(({ value }) => value.head)];
  const [before, after] = [pick(dice, views).graph, pick(dice, views).graph];
  for (const ops of diffRewrites({ before, after }, sha256)) return ops;
  return [];
}

/** A rewrite's ops for this graph: one at least. */
export function generateOps(dice: Dice, graph: Graph, playground: Playground = SMALL_PLAYGROUND): Op[] {
  const ops: Op[] = [];
  const made: ElementId[] = [];
  for (let left = 1 + dice.below(playground.opsMax); left > 0; left--)
    ops.push(...generateOp(dice, graph, made, playground));
  return oneIn(dice, 25) ? ops.reverse() : ops;
}

function generateOp(dice: Dice, graph: Graph, made: ElementId[], playground: Playground): Op[] {
  const die = dice.below(10);
  if (die < 3) return [generatePut(dice, graph, made, playground)];
  if (die < 4 || trieCount(graph.nodes) < 2) return [generateAdd(dice, graph, made, playground)];
  if (die < 6 || trieCount(graph.edges) === 0) return [generateEdge(dice, graph, made)];
  if (oneIn(dice, 30)) return [pick(dice, [deleteNode, deleteEdge])(ZERO_DIGEST)];
  const edge = elementAt(dice, graph.edges);
  if (die < 7) return [deleteEdge(edge.id, generateExpectation(dice, edge.valueDigest))];
  if (die < 8) return [setEdge(edge.id, pick(dice, PAYLOADS), generateExpectation(dice, edge.valueDigest))];
  return generateDelete(dice, graph, elementAt(dice, graph.nodes));
}

function elementAt<V>(dice: Dice, table: Trie<V>): V {
  return present(trieEntryAt(table, dice.below(trieCount(table)))).value;
}

function generatePut(dice: Dice, graph: Graph, made: ElementId[], playground: Playground): Op {
  const kind = pick(dice, KEYED_KINDS);
  const key = `${playground.prefix}key${skewed(dice, playground.keyCount)}`;
  const id = keyedId(kind, key);
  made.push(id);
  return putNode(kind, key, generateFields(dice), generateExpectation(dice, valueIn(graph.nodes, id, nodeValueDigest)));
}

function generateAdd(dice: Dice, graph: Graph, made: ElementId[], playground: Playground): Op {
  const kind = pick(dice, CONTENT_KINDS);
  const payload = utf8(`${playground.prefix}${skewed(dice, playground.keyCount)}`);
  const id = contentId(kind, payload);
  made.push(id);
  return addNode(kind, payload, generateExpectation(dice, valueIn(graph.nodes, id, nodeValueDigest)));
}

function generateFields(dice: Dice): Fields {
  const fields: Record<string, Value> = {};
  for (let left = dice.below(3); left >= 0; left--) {
    fields[pick(dice, FIELD_NAMES)] = oneIn(dice, 5) ? null : pick(dice, FIELD_VALUES);
  }
  return fields;
}

/** An edge between nodes that are there or have just been made; the same one as before, now and then. */
function generateEdge(dice: Dice, graph: Graph, made: readonly ElementId[]): Op {
  const end = (): ElementId => {
    if (oneIn(dice, 40)) return ZERO_DIGEST;
    return made.length > 0 && oneIn(dice, 2) ? pick(dice, made) : elementAt(dice, graph.nodes).id;
  };
  const payload = pick(dice, PAYLOADS);
  const key = oneIn(dice, 3) ? { key: 'k' } : {};
  const expect = oneIn(dice, 8) ? { expect: 'absent' as const } : {};
  return addEdge(end(), end(), pick(dice, EDGE_KINDS), { ...key, ...expect, ...(payload === null ? {} : { payload }) });
}

/** Deletes a node, with its edges most of the time; sometimes it comes back. */
function generateDelete(dice: Dice, graph: Graph, node: GraphNode): Op[] {
  const incident = new Set<ElementId>();
  for (const edgeIds of [edgesFrom(graph, node.id), edgesTo(graph, node.id)]) {
    for (const { value } of trieEntries(edgeIds)) incident.add(value);
  }
  const clearing = oneIn(dice, 6) ? [] : [...incident].map((id) => deleteEdge(id));
  const back = node.type === 'content' && oneIn(dice, 6) ? [addNode(node.kind, node.payload)] : [];
  return [...clearing, deleteNode(node.id, generateExpectation(dice, nodeValueDigest(node))), ...back];
}

/** None as a rule, else mostly one that the element meets as the rewrite begins. */
function generateExpectation(dice: Dice, value: Digest | undefined): Expectation {
  if (!oneIn(dice, 5)) return null;
  if (oneIn(dice, 6)) return oneIn(dice, 2) ? ZERO_DIGEST : 'absent';
  return value ?? 'absent';
}

function valueIn<V>(table: Trie<V>, id: ElementId, valueDigest: (value: V) => Digest): Digest | undefined {
  const value = trieGet(table, id);
  return value === undefined ? undefined : valueDigest(value);
}
