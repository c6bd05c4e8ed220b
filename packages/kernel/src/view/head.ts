/**
 * A workspace's head: a snapshot that can rest.
 *
 * At rest it holds what differs from its base, and no graph: some hundreds of bytes for a few changes, where each change to
 * a large graph holds a path of trie nodes. A graph that is asked for at rest is built again, and kept only as long as
 * somebody uses it.
 *
 * - H1 Rest changes nothing that can be seen but time and memory: digest, id and contents stay.
 */
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type GraphEdge, type GraphNode } from '../graph/element.ts';
import {
  draftDeleteEdge,
  draftDeleteNode,
  draftGraph,
  draftPutEdge,
  draftPutNode,
  sealGraph,
  type Graph,
} from '../graph/graph.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { trieDiff } from '../trie/diff.ts';
import { trieGet, type Trie } from '../trie/trie.ts';
import type { Snapshot } from './snapshot.ts';

/** What a graph has that another has not; an id alone where the element is gone. */
export interface ChangeList {
  readonly nodes: readonly (GraphNode | ElementId)[];
  readonly edges: readonly (GraphEdge | ElementId)[];
}

export class Head implements Snapshot {
  readonly rules: RulePack;
  readonly digest: Digest;
  readonly id: Digest;
  readonly #base: Snapshot;
  readonly #sha256: Sha256;
  /** Null at rest. */
  #graph: Graph | null = null;
  /** What was built at rest. A weak reference shows when memory is collected: nothing but the cost depends on it (H1). */
  #rebuilt: WeakRef<Graph> | undefined;
  #changes: ChangeList | undefined;

  private constructor(base: Snapshot, { rules, digest, id }: Omit<Snapshot, 'graph'>, sha256: Sha256) {
    this.rules = rules;
    this.digest = digest;
    this.id = id;
    this.#base = base;
    this.#sha256 = sha256;
  }

  /** The head of a workspace of this base that holds what `snapshot` does. */
  static of(base: Snapshot, snapshot: Snapshot, sha256: Sha256): Head {
    const head = new Head(base, snapshot, sha256);
    head.#graph = snapshot.graph;
    return head;
  }

  /** A head at rest, whose digest is that of the base with these changes. */
  static atRest(base: Snapshot, parts: Omit<Snapshot, 'graph'>, changes: ChangeList, sha256: Sha256): Head {
    const head = new Head(base, parts, sha256);
    head.#changes = changes;
    return head;
  }

  /** At rest it costs O(changes · log n) to build, unless somebody uses it already. */
  get graph(): Graph {
    const there = this.#graph ?? this.#rebuilt?.deref();
    if (there !== undefined) return there;
    const graph = withChanges(this.#base.graph, this.changesSince(this.#base), this.rules, this.#sha256);
    // oxlint-disable-next-line no-restricted-globals
    this.#rebuilt = new WeakRef(graph);
    return graph;
  }

  get isAtRest(): boolean {
    return this.#graph === null;
  }

  /** What differs from `base`. O(changes · log n); nothing at rest, unless the workspace has come to another base since. */
  changesSince(base: Snapshot): ChangeList {
    return (base === this.#base ? this.#changes : undefined) ?? changesBetween(base.graph, this.graph);
  }

  /** The head of a workspace that has come to another base, which holds what this one does. At rest it stays as it is. */
  over(base: Snapshot): Head {
    return this.isAtRest ? this : Head.of(base, this, this.#sha256);
  }

  /** Lets go of the graph. Its workspace must have no forks that read it as their base for long. */
  rest(): void {
    this.#changes ??= this.changesSince(this.#base);
    this.#graph = null;
  }
}

const NO_CHANGES: ChangeList = { nodes: [], edges: [] };

/** What a workspace has written since its base. */
export function changesSince(base: Snapshot, head: Snapshot): ChangeList {
  if (head === base) return NO_CHANGES;
  return head instanceof Head ? head.changesSince(base) : changesBetween(base.graph, head.graph);
}

function changesBetween(before: Graph, after: Graph): ChangeList {
  return {
    nodes: changed(before.nodes, after.nodes, nodeValueDigest),
    edges: changed(before.edges, after.edges, edgeValueDigest),
  };
}

function changed<Element>(
  before: Trie<Element>,
  after: Trie<Element>,
  valueDigest: (element: Element) => Digest,
): (Element | ElementId)[] {
  const changes: (Element | ElementId)[] = [];
  const same = (a: Element, b: Element): boolean => valueDigest(a) === valueDigest(b);
  trieDiff(before, after, same, (id, _, element) => changes.push(element ?? (id as ElementId))); // ids are the keys
  return changes;
}

/** `base` with changes put on it. */
export function withChanges(base: Graph, { nodes, edges }: ChangeList, rules: RulePack, sha256: Sha256): Graph {
  const draft = draftGraph(base, rules, sha256);
  for (const edge of edges) {
    if (typeof edge !== 'string') draftPutEdge(draft, edge);
    else draftDeleteEdge(draft, trieGet(draft.edges, edge)!); // the base has it
  }
  for (const node of nodes) {
    if (typeof node !== 'string') draftPutNode(draft, node);
    else draftDeleteNode(draft, trieGet(draft.nodes, node)!); // the base has it
  }
  return sealGraph(draft);
}
