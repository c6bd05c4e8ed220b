/**
 * Overlays as forks of an Automerge document, a map of the keys, in memory. It merges whatever it is given, so each merge is
 * followed by the question that a refusal would rest on: whether a key of the overlay now has more than one value, and an
 * earlier overlay has set it. Which one was the first is known before the clock starts.
 *
 * Changes are applied together, 64 forks a call: one at a time the whole map is copied for each.
 */
import { BASE_VALUE, type Overlay, type OpenOverlayStore } from '../workloads/merge-overlays.ts';
import { importPeer } from './import-peer.ts';

/** What an Automerge document is here. */
interface Truth {
  readonly nodes: Record<string, string>;
}

type Change = Uint8Array;

interface Automerge {
  from(initial: Truth): Truth;
  clone(doc: Truth): Truth;
  change(doc: Truth, write: (doc: Truth) => void): Truth;
  getLastLocalChange(doc: Truth): Change | undefined;
  applyChanges(doc: Truth, changes: readonly Change[]): readonly [Truth];
  getConflicts(doc: Truth['nodes'], key: string): object | undefined;
  free(doc: Truth): void;
}

const MERGES_AT_ONCE = 64;

export const openOverlayStore: OpenOverlayStore = async (_dir, { nodeCount }) => {
  const automerge = await importPeer<Automerge>('@automerge/automerge');
  const names = Array.from({ length: nodeCount }, (_, number) => `node ${number}`);
  const base = automerge.from({ nodes: Object.fromEntries(names.map((name) => [name, BASE_VALUE])) });
  let truth = automerge.clone(base);
  let forks: readonly { readonly overlay: Overlay; readonly change: Change }[] = [];
  const firstByNumber = new Map<number, Overlay>();
  const fork = (overlay: Overlay): (typeof forks)[number] => {
    const written = automerge.change(automerge.clone(base), (doc) => {
      for (const number of overlay.numbers) doc.nodes[names[number]!] = overlay.value;
    });
    const change = automerge.getLastLocalChange(written)!; // it has just been made
    automerge.free(written);
    return { overlay, change };
  };
  return {
    mergesAtOnce: MERGES_AT_ONCE,
    prepare: (overlays) => {
      if (forks.length === 0) {
        forks = overlays.map(fork);
        for (const overlay of overlays.toReversed())
          for (const number of overlay.numbers) firstByNumber.set(number, overlay);
      }
      automerge.free(truth);
      truth = automerge.clone(base);
    },
    merge: (positions) => {
      const merging = positions.map((position) => forks[position]!);
      [truth] = automerge.applyChanges(
        truth,
        merging.map(({ change }) => change),
      );
      const isClean = (overlay: Overlay, number: number): boolean =>
        automerge.getConflicts(truth.nodes, names[number]!) === undefined || firstByNumber.get(number) === overlay;
      return merging.map(({ overlay }) => overlay.numbers.every((number) => isClean(overlay, number)));
    },
  };
};
