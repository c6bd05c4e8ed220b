/**
 * Inclusion proofs in a long log, of leaves chosen at random: made one after another, or made before the clock starts and
 * then verified.
 */
import { oneByOne, seededIntegers, type OpenWorkload, type Sample } from '../harness/workload.ts';

export interface ProofLog {
  /** A proof of one leaf. */
  make(index: number): unknown;
  /** Throws unless a proof that `make` gave holds. Left out where the proofs are those of another log. */
  verify?(index: number, proof: unknown): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The export `openProofLog` of an adapter: a log of so many leaves, of 172 bytes each. */
export type OpenProofLog = (dir: string, leafCount: number) => Promise<ProofLog>;

export interface InclusionProofOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly leafCount: number;
  readonly does: 'make' | 'verify';
}

/** As long as the header of an event of ours. */
export const LEAF_SIZE_BYTES = 172;

const PROOFS_PREPARED = 2048;

/** The leaf at `index`: bytes that differ from all others. */
export function leafAt(index: number): Buffer {
  const leaf = Buffer.alloc(LEAF_SIZE_BYTES, index);
  leaf.writeDoubleBE(index);
  return leaf;
}

export const open: OpenWorkload<InclusionProofOptions> = async ({ adapter, leafCount, does }, dir) => {
  // The bench names a module that is an adapter.
  const { openProofLog } = (await import(adapter)) as { readonly openProofLog: OpenProofLog };
  const log = await openProofLog(dir, leafCount);
  if (does === 'verify' && log.verify === undefined) throw new Error(`${adapter} verifies nothing`);
  const integers = seededIntegers(9);
  const indexes = Array.from({ length: does === 'verify' ? PROOFS_PREPARED : 0 }, () => integers(leafCount));
  const proofs: { readonly index: number; readonly proof: unknown }[] = [];
  for (const index of indexes) proofs.push({ index, proof: await log.make(index) });
  let next = 0;
  const verifyNext = (): void | Promise<void> => {
    const { index, proof } = proofs[next++ % PROOFS_PREPARED]!; // they were prepared
    return log.verify?.(index, proof);
  };
  const makeNext = (): void | Promise<void> => {
    const proof = log.make(integers(leafCount));
    if (proof instanceof Promise) return proof.then(() => undefined);
  };
  return {
    round: async (budgetMs) => inMicroseconds(await oneByOne(budgetMs, 1, does === 'make' ? makeNext : verifyNext)),
    close: () => log.close(),
  };
};

function inMicroseconds({ operations, values }: Sample): Sample {
  const { '/s': perSecond = NaN, 'us p99': p99 = NaN } = values;
  return { operations, values: { us: 1e6 / perSecond, 'us p99': p99 } };
}
