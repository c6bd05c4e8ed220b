/** Inclusion proofs in a log of a million leaves, made and verified, beside those of Hypercore. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/inclusion-proof.ts')>;

function entrant(name: string, adapter: string, terms: Omit<Options, 'adapter'>): Entrant {
  const options: Options = { ...terms, adapter: new URL(adapter, import.meta.url).href };
  const module = new URL('../workloads/inclusion-proof.ts', import.meta.url);
  return { name, isPeer: adapter.startsWith('../peers/'), module, options };
}

export const bench: Bench = {
  name: 'proofs',
  summary: 'an inclusion proof made, and verified, in a long log',
  run: async (context) => {
    const leafCount = context.pick({ smoke: 1000, full: 1_000_000 });
    const made = { leafCount, does: 'make' } as const;
    await context.contest({
      title: 'made',
      ours: entrant('jitos, path from the hash files', '../ours/tree-proofs.ts', made),
      against: [
        entrant('jitos, whole proof: header read, path checked, head signed', '../ours/served-proofs.ts', made),
        entrant('hypercore', '../peers/hypercore.ts', made),
      ],
    });
    const verified = { leafCount, does: 'verify' } as const;
    await context.contest({
      title: 'verified',
      ours: entrant('jitos, leaf hashed and path to the head', '../ours/tree-proofs.ts', verified),
      against: [entrant('hypercore', '../peers/hypercore.ts', verified)],
    });
  },
};
