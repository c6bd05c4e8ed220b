/**
 * A world read back from its records (`world-records.ts`).
 *
 * Nothing that follows from the rest is believed: ids, value digests, counts and roots are computed. What is left for the
 * caller is to compare the world digest with the one that history records.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, CanonicalReader } from '../bytes/canonical-reader.ts';
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { readValue, type EncodedValue } from '../bytes/value.ts';
import {
  contentNode,
  edgeId,
  graphEdge,
  keyedNode,
  keyedNodeId,
  type ElementId,
  type ElementType,
  type ElementValue,
  type Field,
  type GraphEdge,
  type GraphNode,
} from '../graph/element.ts';
import { graphDigest } from '../graph/graph.ts';
import { IdTable } from '../graph/id-table.ts';
import { indexGraph, indexGraphBeside, type Tables } from '../graph/index-build.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import { NO_DENIALS, type Denials } from '../grant/denials.ts';
import { grantId, readTerms } from '../grant/grant.ts';
import { addGrant, NO_GRANTS, type Grants } from '../grant/grants.ts';
import { readMigration, readOffenders, readTurn } from '../graph/rules/installation-codec.ts';
import { withSlots, type Installation } from '../graph/rules/installation.ts';
import { decodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { EMPTY_REQUEST_WINDOW, restoreRequest, type RequestWindow } from '../history/request-window.ts';
import {
  beginEdits,
  BUCKET_MAX,
  emptyTrie,
  trieFromChildren,
  trieFromEntries,
  trieGet,
  triePut,
  type Trie,
} from '../trie/trie.ts';
import { EMPTY_ENDED_WINDOW, rememberEnded } from '../view/ended-window.ts';
import { Head, withChanges, type ChangeList } from '../view/head.ts';
import { DEFAULT_SETTINGS } from '../view/settings.ts';
import { readSettings } from '../view/settings-codec.ts';
import type { Snapshot } from '../view/snapshot.ts';
import {
  isPlainWorkspace,
  NO_CHILDREN,
  type EndedWorkspace,
  type Workspace,
  type WorkspaceEnd,
  type Written,
} from '../view/workspace.ts';
import { withOpened, type CommitStatus, type OpenByOwner, type World } from '../world.ts';
import { RECORD } from './world-records.ts';

/** A workspace whose snapshots are still tables: their indexes need the rule pack and System, which come last. */
type Draft = Omit<Workspace, 'base' | 'head' | 'children'> & {
  readonly base: number;
  /** Null: the base's. */
  readonly headId: Digest | null;
  readonly changes: ChangeList;
};

/** What the buckets of a trie hold. */
type Item = GraphNode | GraphEdge | ElementValue;
type ItemType = ElementType | 'expectation';

interface SnapshotTables extends Tables {
  readonly rules: RulePack;
  readonly id: Digest;
}

/** Reads records one by one. It holds the tables that it has read, and little besides. */
export class WorldReader {
  readonly #sha256: Sha256;
  /** Read since the last bucket. */
  #items: Item[] = [];
  readonly #trieNodes: Trie<Item>[] = [];
  /** What each holds; undefined where that is nothing. */
  readonly #trieTypes: (ItemType | undefined)[] = [];
  readonly #snapshots: SnapshotTables[] = [];
  readonly #packs: RulePack[] = [];
  readonly #workspaces: Draft[] = [];
  /** Read since the last workspace. */
  #deletedNodes: ElementId[] = [];
  #deletedEdges: ElementId[] = [];
  /** Without its slots, which follow from System. */
  #installation: Installation | null = null;
  readonly #ended: EndedWorkspace[] = [];
  #requests: RequestWindow = EMPTY_REQUEST_WINDOW;
  #grants: Grants = NO_GRANTS;
  #denials: Denials = NO_DENIALS;
  #world: World | undefined;
  /** Strings that many elements have: each is kept once. */
  readonly #kinds = new Map<string, string>();
  readonly #nodeIds = new IdTable();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** The world, once its last record has been taken. */
  get world(): World | undefined {
    return this.#world;
  }

  /** Takes the next record. Throws a `CanonicalError` for one that `worldRecords` does not write there. */
  take(record: Bytes): void {
    const reader = new CanonicalReader(record);
    if (this.#world !== undefined) throw new CanonicalError('trailing', 0);
    const length = reader.array();
    const number = reader.count();
    if (RECORD_LENGTHS[number]?.includes(length) !== true) throw new CanonicalError('wrong-type', 0);
    this.#read(number, reader, length === RECORD_LENGTHS[number][0] ? 'short' : 'long');
    reader.end();
  }

  #read(number: number, reader: CanonicalReader, form: RecordForm): void {
    switch (number) {
      case RECORD.contentNode:
        return this.#takeNode(contentNode(this.#kind(reader), reader.bytesOrNull(), this.#sha256));
      case RECORD.keyedNode:
        return this.#takeNode(this.#readKeyedNode(reader));
      case RECORD.edge:
        return void this.#items.push(this.#readEdge(reader));
      case RECORD.bucket:
        return this.#takeBucket(reader.count());
      case RECORD.branch:
        return this.#takeBranch(reader);
      case RECORD.snapshot:
        return void this.#snapshots.push(this.#readSnapshot(reader));
      case RECORD.rulePack:
        return this.#takePack(reader);
      case RECORD.installation:
        return this.#takeInstallation(reader);
      case RECORD.workspace:
        return this.#takeWorkspace(reader, form);
      case RECORD.deletion:
        return void (readElementType(reader) === 'node' ? this.#deletedNodes : this.#deletedEdges).push(
          readDigest(reader),
        );
      case RECORD.expectation:
        return void this.#items.push(readExpectation(reader));
      case RECORD.ended:
        return void this.#ended.push(readEnded(reader, form));
      case RECORD.request:
        return this.#takeRequest(reader);
      case RECORD.grant:
        return this.#takeGrant(reader);
      case RECORD.denial:
        return void (this.#denials = triePut(this.#denials, readDigest(reader), reader.count(), null)); // a key is as long
      default:
        this.#world = this.#readWorld(reader, form);
    }
  }

  #kind(reader: CanonicalReader): string {
    const kind = reader.text();
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, kind);
    return known ?? kind;
  }

  #takeNode(node: GraphNode): void {
    this.#nodeIds.add(node.id);
    this.#items.push(node);
  }

  #readKeyedNode(reader: CanonicalReader): GraphNode {
    const kind = this.#kind(reader);
    const key = reader.bytes();
    const fields: Field[] = [];
    for (let left = reader.map(); left > 0; left--) fields.push({ name: this.#kind(reader), value: readField(reader) });
    return keyedNode(keyedNodeId(kind, key, this.#sha256), kind, key, fields, this.#sha256);
  }

  #readEdge(reader: CanonicalReader): GraphEdge {
    // The nodes' own strings, so that a million edges don't hold two million copies.
    const from = this.#nodeIds.sameId(readDigest(reader));
    const to = this.#nodeIds.sameId(readDigest(reader));
    const kind = this.#kind(reader);
    const key = reader.bytesOrNull();
    const id = edgeId(from, to, kind, key, this.#sha256);
    return graphEdge({ id, from, to, kind, key, payload: reader.bytesOrNull() }, this.#sha256);
  }

  #takeBucket(count: number): void {
    const items = this.#items;
    this.#items = [];
    const ids = items.map(({ id }) => id);
    for (let i = 1; i < ids.length; i++) if (ids[i - 1]! >= ids[i]!) throw new CanonicalError('key-order', 0);
    if (count !== items.length || count > BUCKET_MAX) throw new CanonicalError('wrong-type', 0);
    const type = items[0] && typeOf(items[0]);
    for (const item of items) if (typeOf(item) !== type) throw new CanonicalError('wrong-type', 0);
    this.#takeTrieNode(trieFromEntries(ids, items), type);
  }

  #takeTrieNode(node: Trie<Item>, type: ItemType | undefined): void {
    this.#trieNodes.push(node);
    this.#trieTypes.push(type);
  }

  #takeBranch(reader: CanonicalReader): void {
    const skip = reader.bytes();
    const bitmap = reader.count();
    const ordinals: number[] = [];
    for (let left = reader.array(); left > 0; left--) ordinals.push(reader.count());
    const type = this.#trieTypes[ordinals[0] ?? 0];
    const children = ordinals.map((ordinal) => this.#trieOf(type, ordinal));
    const branch = trieFromChildren(skip, bitmap, children);
    if (branch === undefined) throw new CanonicalError('wrong-type', 0);
    this.#takeTrieNode(branch, type);
  }

  #readSnapshot(reader: CanonicalReader): SnapshotTables {
    const nodes = this.#trieOf('node', reader.count()) as Trie<GraphNode>; // it holds nothing else
    const edges = this.#trieOf('edge', reader.count()) as Trie<GraphEdge>; // it holds nothing else
    return { nodes, edges, id: readDigest(reader), rules: this.#packOf(reader.count()) };
  }

  #takePack(reader: CanonicalReader): void {
    const decoded = decodeRulePack(reader.bytes(), this.#sha256);
    if (!decoded.ok) throw new CanonicalError('wrong-type', 0);
    this.#packs.push(decoded.rules);
  }

  /** The pack that so many came before. */
  #packOf(ordinal: number): RulePack {
    const rules = this.#packs[ordinal];
    if (rules === undefined) throw new CanonicalError('wrong-type', 0);
    return rules;
  }

  #takeInstallation(reader: CanonicalReader): void {
    if (this.#installation !== null) throw new CanonicalError('wrong-type', 0);
    this.#installation = {
      status: readStatus(reader),
      rules: this.#packOf(reader.count()),
      migration: readMigration(reader),
      proposedIdx: reader.count(),
      endedIdx: readCountOrNull(reader),
      turn: readTurn(reader),
      checkedCount: reader.count(),
      nodes: this.#trieOf('node', reader.count()) as Trie<GraphNode>, // it holds nothing else
      slots: emptyTrie(),
      offenders: readOffenders(reader),
      offenderCount: reader.count(),
      offendersDigest: readDigestOrNull(reader),
    };
  }

  /** The trie node that so many came before, which must not hold items of another type. */
  #trieOf(type: ItemType | undefined, ordinal: number): Trie<Item> {
    const trie = this.#trieNodes[ordinal];
    const found = this.#trieTypes[ordinal];
    if (trie === undefined || (found !== undefined && found !== type)) throw new CanonicalError('wrong-type', 0);
    return trie;
  }

  #takeGrant(reader: CanonicalReader): void {
    const terms = readTerms(reader);
    const grant = {
      ...terms,
      id: grantId(terms, this.#sha256),
      addedIdx: reader.count(),
      opsSpent: reader.count(),
      revokedIdx: reader.countOrNull(),
    };
    this.#grants = addGrant(this.#grants, grant);
  }

  #takeWorkspace(reader: CanonicalReader, form: RecordForm): void {
    const edges = this.#items.filter((item) => typeOf(item) === 'edge') as GraphEdge[]; // it has just been asked
    const nodes = this.#items.filter((item) => typeOf(item) === 'node') as GraphNode[]; // likewise
    if (edges.length + nodes.length !== this.#items.length) throw new CanonicalError('wrong-type', 0);
    const changes = { nodes: [...nodes, ...this.#deletedNodes], edges: [...edges, ...this.#deletedEdges] };
    const numbers = readWorkspace(reader);
    const { opCount, expected } = this.#readWritten(reader);
    const parentAtFork = numbers.parent === null ? readNothing(reader) : this.#readWritten(reader);
    const isLong = form === 'long';
    const owner = isLong ? readDigestOrNull(reader) : null; // a key is as long
    const usedTick = isLong ? reader.countOrNull() : null;
    const baseTick = isLong ? reader.countOrNull() : null;
    const later = { owner, usedTick, baseTick };
    if (isLong && isPlainWorkspace(later)) throw new CanonicalError('wrong-type', 0);
    this.#workspaces.push({ ...numbers, opCount, expected, parentAtFork, changes, ...later });
    this.#items = [];
    this.#deletedNodes = [];
    this.#deletedEdges = [];
  }

  #readWritten(reader: CanonicalReader): Written {
    const opCount = reader.count();
    return { opCount, expected: this.#trieOf('expectation', reader.count()) as Trie<ElementValue> }; // it holds nothing else
  }

  #takeRequest(reader: CanonicalReader): void {
    const key = readDigest(reader);
    const request = { commandDigest: readDigest(reader), firstIdx: reader.count(), principalKey: readDigest(reader) };
    this.#requests = restoreRequest(this.#requests, key, request);
  }

  #readWorld(reader: CanonicalReader, form: RecordForm): World {
    const quantumMs = reader.count();
    const settings = readSettings(reader, () => reader.count(), DEFAULT_SETTINGS);
    const rewriteCount = reader.count();
    const systemOrdinal = reader.count();
    const counters = {
      systemChanges: reader.count(),
      workspaceCount: reader.count(),
      rulesIdx: reader.count(),
      commitStatus: readCommitStatus(reader),
    };
    const clock = { tick: reader.count(), wallMs: reader.countOrNull() };
    const history = { size: reader.count(), edge: readDigests(reader) };
    const agesFromTick = form === 'long' ? reader.count() : null;
    const snapshots = this.#indexSnapshots(systemOrdinal);
    const session = beginEdits();
    let workspaces: Trie<Workspace> = emptyTrie();
    let openByOwner: OpenByOwner = emptyTrie();
    const childrenByParent = new Map<number | null, Trie<number>>();
    for (const { parent, number } of this.#workspaces) {
      const siblings = childrenByParent.get(parent) ?? NO_CHILDREN;
      childrenByParent.set(parent, triePut(siblings, numberToKey(number), number, session));
    }
    for (const { base: baseOrdinal, headId, changes, ...workspace } of this.#workspaces) {
      const children = childrenByParent.get(workspace.number) ?? NO_CHILDREN;
      const base = snapshots[baseOrdinal]!; // indexed a moment ago
      const open = { ...workspace, base, head: this.#restingHead(base, headId, changes), children };
      workspaces = triePut(workspaces, numberToKey(open.number), open, session);
      openByOwner = withOpened(openByOwner, open);
    }
    const ended = this.#ended.reduce((held, each) => rememberEnded(held, each, session), EMPTY_ENDED_WINDOW);
    const system = snapshots[systemOrdinal]!; // likewise
    return {
      history,
      quantumMs,
      clock,
      settings,
      rewriteCount,
      system,
      ...counters,
      workspaces,
      ended,
      grants: this.#grants,
      denials: this.#denials,
      openByOwner,
      agesFromTick,
      requests: this.#requests,
      installation: this.#installation === null ? null : withSlots(this.#installation, system.graph, this.#sha256),
    };
  }

  /** Its digest is taken from what it holds, and then it rests. */
  #restingHead(base: Snapshot, id: Digest | null, changes: ChangeList): Snapshot {
    if (id === null) {
      if (changes.nodes.length + changes.edges.length > 0) throw new CanonicalError('wrong-type', 0);
      return base;
    }
    for (const node of changes.nodes) if (typeof node === 'string') mustHave(base.graph.nodes, node);
    for (const edge of changes.edges) if (typeof edge === 'string') mustHave(base.graph.edges, edge);
    const graph = withChanges(base.graph, changes, base.rules, this.#sha256);
    const digest = graphDigest(graph, base.rules.id, this.#sha256);
    return Head.atRest(base, { rules: base.rules, digest, id }, changes, this.#sha256);
  }

  /**
   * System's indexes are built from nothing; each base's beside the base forked next after it. So the cost is that of what
   * differs.
   */
  #indexSnapshots(systemOrdinal: number): readonly (Snapshot | undefined)[] {
    const indexed: (Snapshot | undefined)[] = this.#snapshots.map(() => undefined);
    const index = (ordinal: number, near: Snapshot | undefined): Snapshot => {
      const there = indexed[ordinal];
      if (there !== undefined) return there;
      const tables = this.#snapshots[ordinal];
      if (tables === undefined) throw new CanonicalError('wrong-type', 0);
      const { rules, id } = tables;
      const graph =
        near === undefined
          ? indexGraph(tables, rules, this.#sha256)
          : indexGraphBeside(near, tables, rules, this.#sha256);
      const snapshot = { rules, graph, digest: graphDigest(graph, rules.id, this.#sha256), id };
      indexed[ordinal] = snapshot;
      return snapshot;
    };
    let near = index(systemOrdinal, undefined);
    for (const { base } of this.#workspaces.toSorted((a, b) => b.baseSystemChanges - a.baseSystemChanges)) {
      near = index(base, near);
    }
    return indexed;
  }
}

/** Whether a record has the items that only later versions write. */
type RecordForm = 'short' | 'long';

/** Items of each record, by its number: of the short form, and of the long one where there is one. */
const RECORD_LENGTHS: readonly (readonly number[])[] = [
  [3],
  [4],
  [6],
  [2],
  [4],
  [5],
  [14, 17],
  [7, 8],
  [5],
  [13, 14],
  [4],
  [2],
  [12],
  [3],
  [5],
  [3],
];

function mustHave<Element>(table: Trie<Element>, id: ElementId): void {
  if (trieGet(table, id) === undefined) throw new CanonicalError('wrong-type', 0);
}

function typeOf(item: Item): ItemType {
  if ('element' in item) return 'expectation';
  return 'from' in item ? 'edge' : 'node';
}

function readField(reader: CanonicalReader): EncodedValue {
  const start = reader.offset;
  readValue(reader, { nullAllowed: false });
  return reader.rawSince(start);
}

function readWorkspace(
  reader: CanonicalReader,
): Omit<Draft, 'opCount' | 'expected' | 'parentAtFork' | 'changes' | 'owner' | 'usedTick' | 'baseTick'> {
  return {
    number: reader.count(),
    createdIdx: reader.count(),
    base: reader.count(),
    baseView: reader.countOrNull(),
    baseSystemChanges: reader.count(),
    headId: readDigestOrNull(reader),
    meta: reader.bytesOrNull(),
    parent: reader.countOrNull(),
    abortCount: reader.count(),
  };
}

/** What a workspace without a parent has of one. */
function readNothing(reader: CanonicalReader): null {
  reader.null();
  reader.null();
  return null;
}

function readExpectation(reader: CanonicalReader): ElementValue {
  return { element: readElementType(reader), id: readDigest(reader), value: readDigestOrNull(reader) };
}

function readEnded(reader: CanonicalReader, form: RecordForm): EndedWorkspace {
  return {
    number: reader.count(),
    endedIdx: reader.count(),
    end: readEnd(reader),
    baseView: reader.countOrNull(),
    parentSnapshotId: readDigest(reader),
    meta: reader.bytesOrNull(),
    owner: form === 'long' ? readDigest(reader) : null, // a key is as long
  };
}

function readEnd(reader: CanonicalReader): WorkspaceEnd {
  const start = reader.offset;
  const end = reader.text();
  if (end !== 'COLLAPSED' && end !== 'DISCARDED') throw new CanonicalError('wrong-type', start);
  return end;
}

function readElementType(reader: CanonicalReader): ElementType {
  const start = reader.offset;
  const element = reader.text();
  if (element !== 'node' && element !== 'edge') throw new CanonicalError('wrong-type', start);
  return element;
}

function readStatus(reader: CanonicalReader): Installation['status'] {
  const start = reader.offset;
  const status = reader.text();
  if (status === 'checking' || status === 'active' || status === 'refused' || status === 'withdrawn') return status;
  throw new CanonicalError('wrong-type', start);
}

function readCountOrNull(reader: CanonicalReader): number | null {
  if (!reader.isNull()) return reader.count();
  reader.null();
  return null;
}

function readCommitStatus(reader: CanonicalReader): CommitStatus {
  const start = reader.offset;
  const status = reader.text();
  if (status !== 'COMMITTED' && status !== 'ABORTED') throw new CanonicalError('wrong-type', start);
  return status;
}

function readDigests(reader: CanonicalReader): readonly Digest[] {
  const digests: Digest[] = [];
  for (let left = reader.array(); left > 0; left--) digests.push(readDigest(reader));
  return digests;
}
