/**
 * A world as records: what a checkpoint holds of it, and all that is needed to have it again.
 *
 * Each record is canonical and bounded, and comes after those it refers to. A trie node is written once, however many
 * graphs hold it, and referred to by how many trie nodes came before it; so is a snapshot. Ids, value digests, counts and
 * indexes are left out: they follow from the rest, and reading takes them anew, so that the world digest of what was read
 * vouches for every byte that a world digest covers.
 *
 *     content node  [0, kind, payload|null]                        the elements of a bucket stand before it
 *     keyed node    [1, kind, key, {name: value …}]
 *     edge          [2, from, to, kind, key|null, payload|null]
 *     bucket        [3, count]                                     of the last `count` elements, by id
 *     branch        [4, skip nibbles one a byte, bitmap, [trie node …]]
 *     snapshot      [5, nodes root, edges root, snapshotId, rule pack]                          two trie nodes, a pack
 *     workspace     [6, number, createdIdx, base, baseView|null, baseSystemChanges, headId|null, meta|null, parent|null,
 *                    abortCount, opCount, expected, parent's opCount|null, parent's expected|null, owner|null, usedTick|null, baseTick|null]
 *                                                                  a snapshot, and the id of its head, null for the base's; two trie
 *                                                                  nodes; before it the elements that it has changed, by id, and
 *                                                                  those that it has deleted; the last three items only if
 *                                                                  one of them is not null
 *     ended         [7, number, endedIdx, end, baseView|null, parentSnapshotId, meta|null, owner]  the owner only if there is one
 *     request       [8, key, commandDigest, firstIdx, principalKey]
 *     world         [9, quantumMs, [setting …], rewriteCount, System's snapshot, systemChanges, workspaceCount, rulesIdx,
 *                    commitStatus, tick, wallMs|null, history size, [subtree root …], agesFromTick]
 *                                                                  the last record; its last item only if there is one
 *     expectation   [10, "node"|"edge", id, value digest|null]     an element of a bucket, too
 *     rule pack     [11, document]                                 before the snapshots under it
 *     installation  [12, status, rule pack, migration, proposedIdx, endedIdx|null, turn, checkedCount, nodes root,
 *                    [offender …], offenderCount, offendersDigest|null]                        of the last pack proposed
 *     deletion      [13, "node"|"edge", id]
 *     grant         [14, terms, addedIdx, opsSpent, revokedIdx|null]  in the order in which they were added
 *     denial        [15, key, count]
 */
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import {
  writeFields,
  type ElementId,
  type ElementType,
  type ElementValue,
  type GraphEdge,
  type GraphNode,
} from '../graph/element.ts';
import { writeTerms, type Grant } from '../grant/grant.ts';
import { writeMigration, writeOffenders, writeTurn } from '../graph/rules/installation-codec.ts';
import type { Installation } from '../graph/rules/installation.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import type { Trie } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import type { RememberedRequest } from '../history/request-window.ts';
import { changesSince } from '../view/head.ts';
import { DEFAULT_SETTINGS } from '../view/settings.ts';
import { writeSettings } from '../view/settings-codec.ts';
import type { Snapshot } from '../view/snapshot.ts';
import { isPlainWorkspace, type EndedWorkspace, type Workspace } from '../view/workspace.ts';
import type { World } from '../world.ts';

export const RECORD = {
  contentNode: 0,
  keyedNode: 1,
  edge: 2,
  bucket: 3,
  branch: 4,
  snapshot: 5,
  workspace: 6,
  ended: 7,
  request: 8,
  world: 9,
  expectation: 10,
  rulePack: 11,
  installation: 12,
  deletion: 13,
  grant: 14,
  denial: 15,
} as const;

/** A keyed node of 256 fields of 64 KiB is the longest that there is. */
export const RECORD_SIZE_MAX: number = 256 * (65_536 + 128 + 8) + 4096;

type Records = readonly Bytes[];

/** The records of a world, a few at a time, written when they are asked for: a pause costs nothing but memory. */
export function* worldRecords(world: World): Generator<Records, void, undefined> {
  const tables = new TableWriter();
  const system = yield* tables.snapshot(world.system);
  for (const { value: workspace } of trieEntries(world.workspaces)) {
    const base = yield* tables.snapshot(workspace.base);
    const own = yield* tables.expected(workspace.expected);
    const { parentAtFork } = workspace;
    const parents = parentAtFork === null ? null : yield* tables.expected(parentAtFork.expected);
    const { nodes, edges } = changesSince(workspace.base, workspace.head);
    for (const node of nodes) yield [typeof node === 'string' ? deletionRecord('node', node) : nodeRecord(node)];
    for (const edge of edges) yield [typeof edge === 'string' ? deletionRecord('edge', edge) : edgeRecord(edge)];
    yield [workspaceRecord(workspace, { base, expected: own, parentExpected: parents })];
  }
  if (world.installation !== null) yield* tables.installation(world.installation);
  for (const { value: ended } of trieEntries(world.ended.workspaces)) yield [endedRecord(ended)];
  for (const grant of trieEntries(world.grants.byId)
    .map(({ value }) => value)
    .sort(byAdded))
    yield [grantRecord(grant)];
  for (const { key, value: count } of trieEntries(world.denials)) yield [denialRecord(key, count)];
  for (const { key, value: request } of trieEntries(world.requests.requests)) yield [requestRecord(key, request)];
  yield [worldRecord(world, system)];
}

/** Where what a workspace refers to has been written. */
interface WorkspaceParts {
  readonly base: number;
  readonly expected: number;
  readonly parentExpected: number | null;
}

function workspaceRecord(workspace: Workspace, { base, expected, parentExpected }: WorkspaceParts): Bytes {
  const headId = workspace.head.id === workspace.base.id ? null : workspace.head.id;
  const isPlain = isPlainWorkspace(workspace);
  return record(RECORD.workspace, isPlain ? 14 : 17, (writer) => {
    writer.integer(workspace.number);
    writer.integer(workspace.createdIdx);
    writer.integer(base);
    writer.integerOrNull(workspace.baseView);
    writer.integer(workspace.baseSystemChanges);
    writer.bytesOrNull(headId);
    writer.bytesOrNull(workspace.meta);
    writer.integerOrNull(workspace.parent);
    writer.integer(workspace.abortCount);
    writer.integer(workspace.opCount);
    writer.integer(expected);
    writer.integerOrNull(workspace.parentAtFork && workspace.parentAtFork.opCount);
    writer.integerOrNull(parentExpected);
    if (isPlain) return;
    writer.bytesOrNull(workspace.owner);
    writer.integerOrNull(workspace.usedTick);
    writer.integerOrNull(workspace.baseTick);
  });
}

function deletionRecord(element: ElementType, id: ElementId): Bytes {
  return record(RECORD.deletion, 3, (writer) => {
    writer.text(element);
    writer.bytes(id);
  });
}

function expectationRecord({ element, id, value }: ElementValue): Bytes {
  return record(RECORD.expectation, 4, (writer) => {
    writer.text(element);
    writer.bytes(id);
    writer.bytesOrNull(value);
  });
}

function endedRecord(ended: EndedWorkspace): Bytes {
  const { owner } = ended;
  return record(RECORD.ended, owner === null ? 7 : 8, (writer) => {
    writer.integer(ended.number);
    writer.integer(ended.endedIdx);
    writer.text(ended.end);
    writer.integerOrNull(ended.baseView);
    writer.bytes(ended.parentSnapshotId);
    writer.bytesOrNull(ended.meta);
    if (owner !== null) writer.bytes(owner);
  });
}

function byAdded(a: Grant, b: Grant): number {
  return a.addedIdx - b.addedIdx;
}

function grantRecord(grant: Grant): Bytes {
  return record(RECORD.grant, 5, (writer) => {
    writeTerms(writer, grant);
    writer.integer(grant.addedIdx);
    writer.integer(grant.opsSpent);
    writer.integerOrNull(grant.revokedIdx);
  });
}

function denialRecord(key: Bytes, count: number): Bytes {
  return record(RECORD.denial, 3, (writer) => {
    writer.bytes(key);
    writer.integer(count);
  });
}

function requestRecord(key: Bytes, request: RememberedRequest): Bytes {
  return record(RECORD.request, 5, (writer) => {
    writer.bytes(key);
    writer.bytes(request.commandDigest);
    writer.integer(request.firstIdx);
    writer.bytes(request.principalKey);
  });
}

function worldRecord(world: World, system: number): Bytes {
  const { agesFromTick } = world;
  return record(RECORD.world, agesFromTick === null ? 13 : 14, (writer) => {
    writer.integer(world.quantumMs);
    writeSettings(writer, world.settings, DEFAULT_SETTINGS);
    writer.integer(world.rewriteCount);
    writer.integer(system);
    writer.integer(world.systemChanges);
    writer.integer(world.workspaceCount);
    writer.integer(world.rulesIdx);
    writer.text(world.commitStatus);
    writer.integer(world.clock.tick);
    writer.integerOrNull(world.clock.wallMs);
    writer.integer(world.history.size);
    writer.array(world.history.edge.length);
    for (const root of world.history.edge) writer.bytes(root);
    if (agesFromTick !== null) writer.integer(agesFromTick);
  });
}

const recordWriter = new CanonicalWriter();

/** A record of `length` items, its number included. */
function record(number: number, length: number, write: (writer: CanonicalWriter) => void): Bytes {
  recordWriter.reset();
  recordWriter.array(length);
  recordWriter.integer(number);
  write(recordWriter);
  return recordWriter.toBytes();
}

/** Writes what workspaces share, and remembers what it has written. */
class TableWriter {
  readonly #trieNodes = new Map<object, number>();
  readonly #snapshots = new Map<Snapshot, number>();
  readonly #packs = new Map<Digest, number>();

  *snapshot(snapshot: Snapshot): Generator<Records, number, undefined> {
    const written = this.#snapshots.get(snapshot);
    if (written !== undefined) return written;
    const nodes = yield* this.#trie(snapshot.graph.nodes, nodeRecord);
    const edges = yield* this.#trie(snapshot.graph.edges, edgeRecord);
    const pack = yield* this.#pack(snapshot.rules);
    const root = record(RECORD.snapshot, 5, (writer) => {
      writer.integer(nodes);
      writer.integer(edges);
      writer.bytes(snapshot.id);
      writer.integer(pack);
    });
    yield [root];
    this.#snapshots.set(snapshot, this.#snapshots.size);
    return this.#snapshots.size - 1;
  }

  *expected(expected: Trie<ElementValue>): Generator<Records, number, undefined> {
    return yield* this.#trie(expected, expectationRecord);
  }

  *installation(installation: Installation): Generator<Records, void, undefined> {
    const nodes = yield* this.#trie(installation.nodes, nodeRecord);
    const pack = yield* this.#pack(installation.rules);
    const all = record(RECORD.installation, 12, (writer) => {
      writer.text(installation.status);
      writer.integer(pack);
      writeMigration(writer, installation.migration);
      writer.integer(installation.proposedIdx);
      if (installation.endedIdx === null) writer.null();
      else writer.integer(installation.endedIdx);
      writeTurn(writer, installation.turn);
      writer.integer(installation.checkedCount);
      writer.integer(nodes);
      writeOffenders(writer, installation.offenders);
      writer.integer(installation.offenderCount);
      writer.bytesOrNull(installation.offendersDigest);
    });
    yield [all];
  }

  *#pack({ id, bytes }: RulePack): Generator<Records, number, undefined> {
    const written = this.#packs.get(id);
    if (written !== undefined) return written;
    yield [record(RECORD.rulePack, 2, (writer) => writer.bytes(bytes))];
    this.#packs.set(id, this.#packs.size);
    return this.#packs.size - 1;
  }

  *#trie<Element>(
    node: Trie<Element>,
    elementRecord: (element: Element) => Bytes,
  ): Generator<Records, number, undefined> {
    const written = this.#trieNodes.get(node);
    if (written !== undefined) return written;
    if (node.leaf) {
      const elements = node.values.map(elementRecord);
      yield [...elements, record(RECORD.bucket, 2, (writer) => writer.integer(elements.length))];
    } else {
      const children: number[] = [];
      for (const child of node.children) children.push(yield* this.#trie(child, elementRecord));
      const branch = record(RECORD.branch, 4, (writer) => {
        writer.bytes(node.skip as Bytes); // nibbles are below 16
        writer.integer(node.bitmap);
        writer.array(children.length);
        for (const child of children) writer.integer(child);
      });
      yield [branch];
    }
    this.#trieNodes.set(node, this.#trieNodes.size);
    return this.#trieNodes.size - 1;
  }
}

function nodeRecord(node: GraphNode): Bytes {
  if (node.type === 'content') {
    return record(RECORD.contentNode, 3, (writer) => {
      writer.text(node.kind);
      writer.bytesOrNull(node.payload);
    });
  }
  return record(RECORD.keyedNode, 4, (writer) => {
    writer.text(node.kind);
    writer.bytes(node.key);
    writeFields(writer, node.fields);
  });
}

function edgeRecord(edge: GraphEdge): Bytes {
  return record(RECORD.edge, 6, (writer) => {
    writer.bytes(edge.from);
    writer.bytes(edge.to);
    writer.text(edge.kind);
    writer.bytesOrNull(edge.key);
    writer.bytesOrNull(edge.payload);
  });
}
