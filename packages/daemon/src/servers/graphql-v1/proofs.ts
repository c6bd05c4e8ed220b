/** Proofs: that an event is in the history, that one history continues another, that a view holds an element. */
import { mustGetEvent } from '../../engine/history-reader.ts';
import { mustSeeEvent, seesAll } from '../auth/access.ts';
import { hexToDigest } from '@jitos/kernel';
import { proveElement } from '../../engine/proofs/element-proof.ts';
import { Failure } from '../../errors/failure.ts';
import { invalid, type JsonObject } from '../graphql/json-value.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { inPlaces } from './places.ts';
import type { OpenView } from './views.ts';

export function resolveTreeHead(
  _: unknown,
  { size = null }: { readonly size?: number | null },
  { open }: RequestContext,
): JsonObject {
  const { proofs } = open;
  const told = size ?? proofs.size;
  return { size: String(told), note: proofs.treeHead(told), publicKey: proofs.publicKey };
}

interface InclusionArgs {
  readonly idx: number;
  readonly size?: number | null;
}

export async function resolveInclusionProof(
  _: unknown,
  { idx, size }: InclusionArgs,
  context: RequestContext,
): Promise<unknown> {
  const { open } = context;
  // A proof has the event with it.
  if (!seesAll(context)) mustSeeEvent(context, (await mustGetEvent(open.log, idx, 'idx')).event, 'idx');
  return await open.proofs.inclusion(idx, size ?? open.proofs.size);
}

interface ConsistencyArgs {
  readonly oldSize: number;
  readonly size?: number | null;
}

export function resolveConsistencyProof(
  _: unknown,
  { oldSize, size }: ConsistencyArgs,
  { open }: RequestContext,
): unknown {
  return inPlaces({ old: 'oldSize' }, () => open.proofs.consistency(oldSize, size ?? open.proofs.size));
}

interface ElementArgs {
  readonly node?: string | null;
  readonly edge?: string | null;
}

/** The field `proof` of `View`: of the view as it is, for that is what the newest tree head is of. */
export async function elementProofOf(
  { name }: OpenView,
  { node = null, edge = null }: ElementArgs,
  { open }: RequestContext,
): Promise<unknown> {
  if ((node === null) === (edge === null)) throw invalid('node', 'name a node or an edge');
  if (name.at !== null || name.snapshotId !== null) {
    throw new Failure('NOT_IMPLEMENTED', 'at', 'only what a view holds now can be proved');
  }
  const element = node === null ? 'edge' : 'node';
  const id = hexToDigest(node ?? edge ?? '')!; // the scalar lets nothing else through
  return await inPlaces({ view: 'workspace' }, () => proveElement(open, { element, id, view: name.view }));
}
