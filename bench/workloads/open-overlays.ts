/**
 * Opens overlays of a store that gives each agent a copy or a branch, writes ten keys in each and reads them back: what
 * creating one takes, and its bytes on the disk. There are few of them: what a hundred thousand would take is arithmetic.
 */
import type { OpenWorkload } from '../harness/workload.ts';

export interface Overlays {
  /** Makes the overlay of this number from the base; all that is measured. */
  create(number: number): void | Promise<void>;
  /** Sets these keys in it. */
  write(number: number, keys: readonly number[], value: string): void | Promise<void>;
  read(number: number, key: number): string | Promise<string>;
  /** What it takes of the disk. */
  sizeBytes(number: number): number | Promise<number>;
  close?(): void | Promise<void>;
}

/** The export `openOverlays` of an adapter: a base of `nodeCount` keys. */
export type OpenOverlays = (dir: string, nodeCount: number) => Overlays | Promise<Overlays>;

export interface OpenOverlaysOptions {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly nodeCount: number;
  readonly overlayCount: number;
}

const WRITES_EACH = 10;

export const open: OpenWorkload<OpenOverlaysOptions> = async ({ adapter, nodeCount, overlayCount }, dir) => {
  // The bench names a module that is an adapter.
  const { openOverlays } = (await import(adapter)) as { readonly openOverlays: OpenOverlays };
  const overlays = await openOverlays(dir, nodeCount);
  let next = 0;
  return {
    round: async () => {
      let createMs = 0;
      let bytes = 0;
      for (let i = 0; i < overlayCount; i++) {
        const number = next++;
        const start = performance.now();
        await overlays.create(number);
        createMs += performance.now() - start;
        await writeAndRead(overlays, number, nodeCount);
        bytes += await overlays.sizeBytes(number);
      }
      return {
        operations: overlayCount,
        values: { us: (createMs * 1000) / overlayCount, B: bytes / overlayCount },
      };
    },
    close: () => overlays.close?.(),
  };
};

async function writeAndRead(overlays: Overlays, number: number, nodeCount: number): Promise<void> {
  const keys = Array.from({ length: WRITES_EACH }, (_, write) => (number * WRITES_EACH + write) % nodeCount);
  const value = `written in ${number}`;
  await overlays.write(number, keys, value);
  for (const key of keys) {
    if ((await overlays.read(number, key)) !== value) throw new Error(`overlay ${number} has lost what it wrote`);
  }
}
