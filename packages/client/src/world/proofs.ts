/** Proofs that the daemon makes of a world; `verifyProof` checks them without it. */
import type { NodeRef } from '../wire/change.ts';
import { idOf } from '../wire/change.ts';
import type { RequestOptions, Session } from '../transport/session.ts';
import type { ViewName } from './view-name.ts';

/** The world's keys. Whoever checks a proof must have got the first one in a way that they trust. */
export interface Keys {
  /** The one that signs now. */
  readonly publicKey: string;
  readonly firstPublicKey: string;
  /** How each key vouches for the next, oldest first: `proof` is a line for `verifyProof`. */
  readonly handovers: readonly { readonly idx: number; readonly publicKey: string; readonly proof: string }[];
}

/** Each answers with the text of a proof file (`docs/spec/proofs.md`). */
export interface Proofs {
  /** That the event is in the history. */
  event(eventIdx: number, options?: RequestOptions): Promise<string>;
  /** That the history of now continues the one of its first `eventCount` events. */
  consistency(eventCount: number, options?: RequestOptions): Promise<string>;
  /** That the view, System if none is named, holds the node, or does not. */
  node(node: NodeRef, options?: RequestOptions & { readonly view?: ViewName }): Promise<string>;
  edge(edge: NodeRef, options?: RequestOptions & { readonly view?: ViewName }): Promise<string>;
  keys(options?: RequestOptions): Promise<Keys>;
}

export function makeProofs(session: Session): Proofs {
  const world = `/v1/worlds/${encodeURIComponent(session.world)}`;
  const element = (kind: 'node' | 'edge'): Proofs['node'] => {
    return (ref, { view = 'system', ...options } = {}) => {
      const query = new URLSearchParams({ id: idOf(ref), view: view === 'system' ? view : `sws:${view}` });
      return session.text(`${world}/proofs/${kind}?${query.toString()}`, options);
    };
  };
  return {
    event: (eventIdx, options) => session.text(`${world}/proofs/inclusion?idx=${eventIdx}`, options),
    consistency: (eventCount, options) => session.text(`${world}/proofs/consistency?old=${eventCount}`, options),
    node: element('node'),
    edge: element('edge'),
    keys: (options) => session.route<Keys>(`${world}/keys`, options),
  };
}
