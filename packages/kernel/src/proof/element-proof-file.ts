/** Proofs of nodes and edges as files (`docs/spec/proofs.md`): their form, and checking what stands in one. */
import { bytesFromBase64, bytesToBase64 } from '../bytes/base64.ts';
import { bytesToHex, hexToBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import { digestToHex, hexToDigest, type Digest, type Sha256 } from '../bytes/digest.ts';
import { utf8Bytes } from '../bytes/utf8.ts';
import { nodeValueDigest, type ElementId, type ElementType } from '../graph/element.ts';
import { decodeEdge, decodeNode } from '../graph/element-codec.ts';
import { verifyMembership, type MembershipProof } from '../graph/membership.ts';
import type { ViewId } from '../history/event.ts';
import { decodeRecordedGraph } from '../history/recorded-graph.ts';
import type { TrieProof } from '../trie/proof.ts';
import type { ProofCrypto } from './proof-crypto.ts';
import { refuse } from './proof-refused.ts';

/** A value of 256 fields of 64 KiB in base64 is the longest. */
export const ELEMENT_PROOF_SIZE_BYTES_MAX = 25_165_824;
/** Without the value: a header of 4 KiB, both paths at full depth and a note are well below. */
export const ELEMENT_PROOF_REST_SIZE_BYTES_MAX = 131_071;

interface BranchJson {
  /** A hex digit a nibble. */
  readonly skip: string;
  readonly count: number;
  /** Four hex digits. */
  readonly bitmap: string;
  readonly childDigests: readonly string[];
}

interface BucketJson {
  readonly entries: readonly { readonly key: string; readonly valueDigest: string }[];
}

/** What is said of the element, and what shows it of the graph whose digest the header records. */
export interface ElementClaim {
  readonly kind: ElementType;
  /** In hex. */
  readonly id: string;
  /** The workspace's number; null for System. */
  readonly view: number | null;
  /** The element's canonical value in base64; null: there is no such element. */
  readonly value: string | null;
  /** Of the event after which the view was so. */
  readonly idx: number;
  /** The event's header in base64. */
  readonly header: string;
  /** The roots of nodes and of edges and the rule pack's id, in hex. */
  readonly graph: readonly string[];
  /** The trie's nodes from the root down. */
  readonly steps: readonly (BranchJson | BucketJson)[];
}

/** That a view holds an element, or does not. */
export interface ElementProof extends ElementClaim {
  readonly format: 'jitos-proof/1';
  /** As that of an inclusion proof. */
  readonly path: readonly string[];
  readonly treeHead: string;
  /**
   * SHA-256 of the file before this field, in hex. An id that is absent can be changed into another that is: what is then
   * proved is as true, but not what the file was made for.
   */
  readonly check: string;
}

/** Reads the fields of a file, in their order; undefined where one lacks or is of another type. */
export function readElementProof(value: Readonly<Record<string, unknown>>): ElementProof | undefined {
  const { format, kind, id, view, value: element, idx, header, graph, path, treeHead, check } = value;
  if (format !== 'jitos-proof/1' || (kind !== 'node' && kind !== 'edge')) return undefined;
  if (typeof id !== 'string' || typeof header !== 'string' || typeof treeHead !== 'string') return undefined;
  if ((view !== null && typeof view !== 'number') || (element !== null && typeof element !== 'string'))
    return undefined;
  if (typeof idx !== 'number' || typeof check !== 'string' || !isTexts(graph) || !isTexts(path)) return undefined;
  if (!Array.isArray(value['steps'])) return undefined;
  const steps = value['steps'].map(readStep);
  if (!steps.every((step) => step !== undefined)) return undefined;
  return { format, kind, id, view, value: element, idx, header, graph, steps, path, treeHead, check };
}

function readStep(step: unknown): BranchJson | BucketJson | undefined {
  if (!isRecord(step)) return undefined;
  const { skip, count, bitmap, childDigests, entries } = step;
  if (typeof skip === 'string' && typeof count === 'number' && typeof bitmap === 'string' && isTexts(childDigests)) {
    return { skip, count, bitmap, childDigests };
  }
  if (!Array.isArray(entries)) return undefined;
  const read = entries.map((entry: unknown) => {
    const { key, valueDigest } = isRecord(entry) ? entry : {};
    return typeof key === 'string' && typeof valueDigest === 'string' ? { key, valueDigest } : undefined;
  });
  return read.every((entry) => entry !== undefined) ? { entries: read } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** What a proof that holds has proved of an element. */
export interface ProvedElement {
  readonly kind: ElementType;
  readonly id: ElementId;
  readonly view: ViewId;
  /** After which the view was so. */
  readonly idx: number;
  /** Null: there was no such element. */
  readonly found: { readonly elementKind: string; readonly valueDigest: Digest } | null;
}

export function elementProof(
  statement: { element: ElementType; id: ElementId; view: ViewId; value: Bytes | null },
  { nodesRoot, edgesRoot, rulePackId, steps }: MembershipProof,
  { idx, header, path, treeHead }: { idx: number; header: string; path: readonly string[]; treeHead: string },
  sha256: Sha256,
): ElementProof {
  const { element, id, view, value } = statement;
  const proof = {
    format: 'jitos-proof/1' as const,
    kind: element,
    id: digestToHex(id),
    view: view === 'system' ? null : view,
    value: value === null ? null : bytesToBase64(value),
    idx,
    header,
    graph: [nodesRoot, edgesRoot, rulePackId].map(bytesToHex),
    steps: steps.map(stepToJson),
    path,
    treeHead,
  };
  const text = utf8Bytes(JSON.stringify(proof).slice(0, -1))!; // JSON spells a lone surrogate with ASCII
  return { ...proof, check: digestToHex(sha256(text)) };
}

/** Whether the text of a proof file is the one that its check was taken of. */
export function isChecked(
  text: string,
  { check }: Pick<ElementProof, 'check'>,
  { sha256 }: Pick<ProofCrypto, 'sha256'>,
): boolean {
  const checked = utf8Bytes(text.slice(0, text.lastIndexOf(',"check":')));
  return checked !== undefined && digestToHex(sha256(checked)) === check;
}

function stepToJson(step: TrieProof[number]): BranchJson | BucketJson {
  if (step.leaf) {
    const { keys, valueDigests } = step;
    return { entries: keys.map((key, i) => ({ key: bytesToHex(key), valueDigest: bytesToHex(valueDigests[i]!) })) };
  }
  const { skip, count, bitmap, childDigests } = step;
  return {
    skip: [...skip].map((nibble) => nibble.charCodeAt(0).toString(16)).join(''),
    count,
    bitmap: bitmap.toString(16).padStart(4, '0'),
    childDigests: childDigests.map(bytesToHex),
  };
}

/**
 * What the claim shows of the view whose digest the header records; that the header is in a history is left to be shown.
 * Throws `ProofRefused`.
 */
export function verifyElementClaim(claim: ElementClaim, { sha256 }: Pick<ProofCrypto, 'sha256'>): ProvedElement {
  const { kind, idx } = claim;
  const id = hexToDigest(claim.id) ?? refuse('the id is not 64 characters of hex');
  const view = claim.view ?? 'system';
  const found = claim.value === null ? null : readValue(claim.value, kind, sha256);
  if (found !== null && found.id !== id) refuse(`the value is that of another ${kind}`);
  const [nodesRoot, edgesRoot, rulePackId] = claim.graph.map(mustReadDigest);
  if (claim.graph.length !== 3) refuse('a graph has three digests');
  const recorded = readRecorded(claim.header);
  if (recorded.idx !== idx || recorded.view !== view) refuse('the header is of another event, or of another view');
  const statement = { graphDigest: recorded.digest, element: kind, id, valueDigest: found?.valueDigest ?? null };
  const proof = {
    nodesRoot: nodesRoot!, // there are three
    edgesRoot: edgesRoot!,
    rulePackId: rulePackId!,
    steps: claim.steps.map(stepFromJson),
  };
  if (!verifyMembership(statement, proof, sha256)) refuse('the steps do not show this of the graph in the header');
  return {
    kind,
    id,
    view,
    idx,
    found: found === null ? null : { elementKind: found.kind, valueDigest: found.valueDigest },
  };
}

function readValue(
  base64: string,
  element: ElementType,
  sha256: Sha256,
): { readonly id: Digest; readonly kind: string; readonly valueDigest: Digest } {
  const bytes = bytesFromBase64(base64) ?? refuse('the value is not base64');
  return canonical(`the value is not that of a ${element}`, () => {
    if (element === 'edge') return decodeEdge(bytes, sha256);
    const node = decodeNode(bytes, sha256);
    return { id: node.id, kind: node.kind, valueDigest: nodeValueDigest(node) };
  });
}

function readRecorded(base64: string): { readonly idx: number; readonly view: ViewId; readonly digest: Digest } {
  const bytes = bytesFromBase64(base64) ?? refuse('the header is not base64');
  const why = 'the header is not of an event that records the digest of a graph';
  return canonical(why, () => decodeRecordedGraph(bytes)) ?? refuse(why);
}

function canonical<Read>(why: string, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof CanonicalError) refuse(`${why}: ${error.message}`);
    throw error;
  }
}

function stepFromJson(step: BranchJson | BucketJson): TrieProof[number] {
  if ('entries' in step) {
    return {
      leaf: true,
      keys: step.entries.map(({ key }) => hexToBytes(key) ?? refuse('a key is not hex')),
      valueDigests: step.entries.map(({ valueDigest }) => mustReadDigest(valueDigest)),
    };
  }
  const { skip, count, bitmap, childDigests } = step;
  if (!/^[0-9a-f]*$/.test(skip) || !/^[0-9a-f]{4}$/.test(bitmap)) refuse('a branch has no skip or no bitmap');
  return {
    leaf: false,
    skip: [...skip].map((digit) => String.fromCharCode(parseInt(digit, 16))).join(''),
    count,
    bitmap: parseInt(bitmap, 16),
    childDigests: childDigests.map(mustReadDigest),
  };
}

function mustReadDigest(hex: string): Digest {
  return hexToDigest(hex) ?? refuse('a digest is not 64 characters of hex');
}
