/**
 * Installing a rule pack: System is migrated and held to it a few elements at a time, beside the pack that is in force.
 *
 * - I1 Edges come before nodes, each by id. An element whose turn has come is in the slots, and migrated if it is a node;
 *      no other is: both are functions of System, the pack, the migration and the turn.
 * - I2 What a commit changes in System follows at once where its turn has come.
 * - I3 Each offender is found once, at its turn, and told by its first broken rule. Where too many share a slot those that
 *      came first have it, and the others offend.
 */
import { CanonicalWriter } from '../../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../../bytes/digest.ts';
import { trieDigest } from '../../trie/digest.ts';
import { beginEdits, emptyTrie, trieGet, triePut, trieRemove, type EditSession, type Trie } from '../../trie/trie.ts';
import { trieEntries, walkAfter } from '../../trie/walk.ts';
import { nodeValueDigest, type ElementId, type GraphEdge, type GraphNode } from '../element.ts';
import type { Graph } from '../graph.ts';
import type { IdIndex } from '../id-index.ts';
import { brokenRules, edgeBreaks, nodeBreaks, type Checked, type RuleBreak } from './check.ts';
import { writeMigration, writeOffender, writeOffenders, writeTurn } from './installation-codec.ts';
import { graphChanges } from './graph-changes.ts';
import { migrateNode, type Migration } from './migration.ts';
import type { RulePack } from './rule-pack.ts';
import { slotEdge, slotNode } from './slots.ts';
import { FIRST_TURN, hasCome, LAST_TURN, type Turn } from './turn.ts';

/** Elements that one step may look at. */
export const STEP_ELEMENTS_MAX = 10_000;
/** Offenders that an installation tells; its digest covers all of them. */
export const OFFENDERS_TOLD_MAX = 1000;

/** A rule pack in the course of being installed, or the last one that was. */
export interface Installation {
  readonly status: 'checking' | 'active' | 'refused' | 'withdrawn';
  readonly rules: RulePack;
  readonly migration: Migration;
  /** idx of its `RULES_PROPOSED`. */
  readonly proposedIdx: number;
  /** idx of the event that ended it; null while it is checked. */
  readonly endedIdx: number | null;
  readonly turn: Turn;
  /** Elements that had their turn. */
  readonly checkedCount: number;
  /** System's nodes as they would be; nothing once it has ended. */
  readonly nodes: Trie<GraphNode>;
  /** What the pack counts, of the elements whose turn has come; nothing once it has ended. */
  readonly slots: IdIndex;
  /** The first `OFFENDERS_TOLD_MAX`, in the order of their turns. */
  readonly offenders: readonly RuleBreak[];
  readonly offenderCount: number;
  /** `H("offender")` chained over all of them; null if there are none. */
  readonly offendersDigest: Digest | null;
}

export function beginInstallation(
  rules: RulePack,
  migration: Migration,
  proposedIdx: number,
  system: Graph,
): Installation {
  return {
    status: 'checking',
    rules,
    migration,
    proposedIdx,
    endedIdx: null,
    turn: FIRST_TURN,
    checkedCount: 0,
    nodes: system.nodes,
    slots: emptyTrie(),
    offenders: [],
    offenderCount: 0,
    offendersDigest: null,
  };
}

/** What one step found, which its event records. */
export interface CheckedStep {
  /** How many it might have given their turn. */
  readonly elementCountMax: number;
  readonly turn: Turn;
  readonly elementCount: number;
  /** Those among the first `OFFENDERS_TOLD_MAX` of the installation. */
  readonly offenders: readonly RuleBreak[];
  /** Of all steps so far, as the digest is. */
  readonly offenderCount: number;
  readonly offendersDigest: Digest | null;
}

/** A step as it is decided, and the installation after it: the one that `afterStep` gives. */
export interface DecidedStep {
  readonly step: CheckedStep;
  readonly after: Installation;
}

/** Gives at most `elementCountMax` elements their turn, and says what they break. O(elements · log n). */
export function checkStep(
  installation: Installation,
  system: Graph,
  elementCountMax: number,
  sha256: Sha256,
): DecidedStep {
  const { rules } = installation;
  const { edges, nodes, turn } = nextElements(system, installation.turn, elementCountMax);
  const work = beginWork(installation, system, sha256);
  const offenders: RuleBreak[] = [];
  let { offenderCount, offendersDigest } = installation;
  const judge = ([first]: readonly RuleBreak[]): void => {
    if (first === undefined) return;
    if (offenderCount < OFFENDERS_TOLD_MAX) offenders.push(first);
    offenderCount += 1;
    offendersDigest = chainOffender(offendersDigest, first, sha256);
  };
  for (const edge of edges) {
    takeEdge(work, edge);
    judge(edgeBreaks(work, rules, edge, sha256));
  }
  for (const node of nodes) judge(nodeBreaks(work, rules, takeNode(work, node), sha256));
  const elementCount = edges.length + nodes.length;
  const step = { elementCountMax, turn, elementCount, offenders, offenderCount, offendersDigest };
  return { step, after: stepped(work, step) };
}

/** The installation after a step, whose outcome is believed. */
export function afterStep(installation: Installation, system: Graph, step: CheckedStep, sha256: Sha256): Installation {
  const { edges, nodes } = nextElements(system, installation.turn, step.elementCountMax);
  const work = beginWork(installation, system, sha256);
  for (const edge of edges) takeEdge(work, edge);
  for (const node of nodes) takeNode(work, node);
  return stepped(work, step);
}

function stepped({ installation, nodes, slots }: Work, step: CheckedStep): Installation {
  const { turn, elementCount, offenderCount, offendersDigest } = step;
  return {
    ...installation,
    turn,
    checkedCount: installation.checkedCount + elementCount,
    nodes,
    slots,
    offenders: [...installation.offenders, ...step.offenders],
    offenderCount,
    offendersDigest,
  };
}

/** What an installation leaves when it has ended. */
export function endInstallation(
  installation: Installation,
  status: Exclude<Installation['status'], 'checking'>,
  endedIdx: number,
): Installation {
  return { ...installation, status, endedIdx, nodes: emptyTrie(), slots: emptyTrie() };
}

/** The installation with the slots that follow from the rest, as when it is read back. O(elements whose turn has come). */
export function withSlots(installation: Installation, system: Graph, sha256: Sha256): Installation {
  if (installation.status !== 'checking') return installation;
  const { turn, rules } = installation;
  const session = beginEdits();
  let slots: IdIndex = emptyTrie();
  walkAfter(system.edges, null, (_, edge) => {
    if (!hasCome(turn, 'edge', edge.id)) return true;
    slots = slotEdge(slots, rules, edge, 'put', sha256, session);
    return false;
  });
  walkAfter(installation.nodes, null, (_, node) => {
    if (!hasCome(turn, 'node', node.id)) return true;
    slots = slotNode(slots, rules, undefined, node, sha256, session);
    return false;
  });
  return { ...installation, slots };
}

/** System as it is under the new pack, once every element has had its turn. */
export function installedGraph({ nodes, slots }: Installation, system: Graph): Graph {
  return { ...system, nodes, slots };
}

/** The installation after a commit that moved System: what had its turn follows (I2). O(changes · log n). */
export function followCommit(installation: Installation, before: Graph, after: Graph, sha256: Sha256): Installation {
  if (installation.status !== 'checking') return installation;
  const { rules, migration, turn } = installation;
  const work = beginWork(installation, after, sha256);
  const changes = graphChanges(before, after);
  for (const { before: was, after: is } of changes.edges) {
    const edge = is ?? was;
    if (edge === undefined || !hasCome(turn, 'edge', edge.id)) continue;
    work.slots = slotEdge(work.slots, rules, edge, is === undefined ? 'deleted' : 'put', sha256, work.session);
  }
  for (const { before: was, after: is } of changes.nodes) {
    const id = (is ?? was)?.id;
    if (id === undefined) continue;
    const isIn = hasCome(turn, 'node', id);
    const migrated = isIn && was !== undefined ? migrateNode(was, migration, sha256) : undefined;
    if (isIn && is !== undefined) takeNode(work, is, migrated);
    else {
      if (isIn) work.slots = slotNode(work.slots, rules, migrated, undefined, sha256, work.session);
      if (migration.length > 0) {
        work.nodes =
          is === undefined ? trieRemove(work.nodes, id, work.session) : triePut(work.nodes, id, is, work.session);
      }
    }
  }
  return { ...installation, nodes: work.nodes, slots: work.slots };
}

/**
 * The rules of the new pack that a commit would break, in `brokenRules`'s order. What it changes is looked at as though its
 * turn had come; whether a node has the edges that it needs is not known before all edges had theirs.
 */
export function commitBreaks(
  installation: Installation,
  before: Graph,
  after: Graph,
  sha256: Sha256,
): readonly RuleBreak[] {
  if (installation.status !== 'checking') return [];
  const followed = followCommit(installation, before, after, sha256);
  const { rules, turn } = followed;
  const work = beginWork(followed, after, sha256);
  const changes = graphChanges(before, after);
  const nodes: ElementId[] = [];
  const edges: ElementId[] = [];
  for (const { before: was, after: is } of changes.edges) {
    if (is !== undefined) {
      takeEdge(work, is);
      edges.push(is.id);
    } else if (was !== undefined && hasCome(turn, 'node', was.from)) nodes.push(was.from);
  }
  for (const { after: is } of changes.nodes) {
    if (is === undefined) continue;
    if (!hasCome(turn, 'node', is.id)) takeNode(work, is);
    nodes.push(is.id);
  }
  const breaks = brokenRules(work, rules, { nodes, edges }, sha256);
  return turn.element === 'edge' ? breaks.filter(({ rule }) => rule !== 'edge-needed') : breaks;
}

interface NextElements {
  readonly edges: readonly GraphEdge[];
  readonly nodes: readonly GraphNode[];
  readonly turn: Turn;
}

/** The elements whose turn comes next. */
function nextElements(system: Graph, turn: Turn, countMax: number): NextElements {
  const edges = turn.element === 'edge' ? valuesAfter(system.edges, turn.after, countMax) : [];
  if (turn.element === 'edge' && edges.length === countMax) {
    return { edges, nodes: [], turn: { element: 'edge', after: edges.at(-1)?.id ?? turn.after } };
  }
  if (turn.element === 'done') return { edges, nodes: [], turn };
  const left = countMax - edges.length;
  const nodes = valuesAfter(system.nodes, turn.element === 'node' ? turn.after : null, left);
  if (nodes.length < left) return { edges, nodes, turn: LAST_TURN };
  return { edges, nodes, turn: { element: 'node', after: nodes.at(-1)?.id ?? null } };
}

function valuesAfter<Element>(table: Trie<Element>, after: ElementId | null, limit: number): readonly Element[] {
  return trieEntries(table, after, limit).map(({ value }) => value);
}

/** An installation in the hands of one edit session. */
interface Work extends Checked {
  nodes: Trie<GraphNode>;
  slots: IdIndex;
  readonly installation: Installation;
  readonly sha256: Sha256;
  readonly session: EditSession;
}

/** Where nothing is migrated the nodes are System's own, which then share all that they have in common. */
function beginWork(installation: Installation, system: Graph, sha256: Sha256): Work {
  const { migration, slots } = installation;
  const nodes = migration.length === 0 ? system.nodes : installation.nodes;
  return { nodes, edges: system.edges, slots, installation, sha256, session: beginEdits() };
}

function takeEdge(work: Work, edge: GraphEdge): void {
  work.slots = slotEdge(work.slots, work.installation.rules, edge, 'put', work.sha256, work.session);
}

/** The node as it is migrated, in its slots. `before` is what of it had its turn before. */
function takeNode(work: Work, node: GraphNode, before?: GraphNode): GraphNode {
  const { installation, sha256, session } = work;
  const migrated = migrateNode(node, installation.migration, sha256);
  if (trieGet(work.nodes, node.id) !== migrated) work.nodes = triePut(work.nodes, node.id, migrated, session);
  work.slots = slotNode(work.slots, installation.rules, before, migrated, sha256, session);
  return migrated;
}

/** `H("offender")` over the digest before and one more offender. */
function chainOffender(before: Digest | null, offender: RuleBreak, sha256: Sha256): Digest {
  const writer = new CanonicalWriter();
  writer.array(2);
  writer.bytesOrNull(before);
  writeOffender(writer, offender);
  return taggedHash('offender', writer.toBytes(), sha256);
}

/** Binds all of an installation, its slots apart, which follow from the rest. */
export function installationDigest(installation: Installation, sha256: Sha256): Digest {
  const { status, rules, proposedIdx, endedIdx, checkedCount, offenderCount, offendersDigest } = installation;
  const writer = new CanonicalWriter();
  writer.array(11);
  writer.text(status);
  writer.bytes(rules.id);
  writeMigration(writer, installation.migration);
  writer.integer(proposedIdx);
  if (endedIdx === null) writer.null();
  else writer.integer(endedIdx);
  writeTurn(writer, installation.turn);
  writer.integer(checkedCount);
  writer.bytes(trieDigest(installation.nodes, nodeValueDigest, sha256));
  writeOffenders(writer, installation.offenders);
  writer.integer(offenderCount);
  writer.bytesOrNull(offendersDigest);
  return taggedHash('installation', writer.toBytes(), sha256);
}
