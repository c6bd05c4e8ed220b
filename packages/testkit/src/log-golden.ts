/**
 * The golden log of `testdata/golden/v1/log`: what its files hold, byte for byte, and what a reader has to find there.
 *
 *     node packages/testkit/src/log-golden.ts     writes them; only ever before the format is frozen
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Batch } from '@jitos/daemon/ports/log.ts';
import type { MemoryDisk } from './disk/memory-disk.ts';
import { batchOffsets, makeSampleDisk, SAMPLE_FOLDER, SAMPLE_WORLD_ID } from './file-log-samples.ts';
import { makeBatch, sampleBatch, sampleEvent, toHex } from './log-samples.ts';

export const LOG_GOLDEN_FOLDER: string = fileURLToPath(new URL('../../../testdata/golden/v1/log', import.meta.url));

/** A reader in Python: `read_log.py <folder>` prints what it finds as `expected.json` says it. */
export const LOG_READER: string = fileURLToPath(new URL('./verify/read_log.py', import.meta.url));

/** What `expected.json` says of a log, in hex where it says bytes. */
export interface ExpectedLog {
  readonly about: string;
  readonly worldId: string;
  /** Each whole batch, in order, with the segment's file and the offset where it stands. */
  readonly batches: readonly ExpectedBatch[];
  /** Where the history ends in a torn tail, `<file>@<offset>`. */
  readonly tornTail?: string;
  /** Where it is damaged. */
  readonly damage?: readonly string[];
}

export interface ExpectedBatch {
  readonly place: string;
  readonly firstIdx: number;
  readonly treeRootBefore: string;
  readonly events: readonly { readonly header: string; readonly body: string }[];
}

const batches: readonly Batch[] = [
  makeBatch(0, [sampleEvent(1, 24, 0)]),
  makeBatch(1, [sampleEvent(2, 30, 40), sampleEvent(3, 0, 0), sampleEvent(4, 17, 300)]),
  makeBatch(4, [sampleEvent(5, 64, 1)]),
  // too large for what is left of its segment, and for the first zeros of the next
  makeBatch(5, [sampleEvent(6, 100, 1200)]),
  sampleBatch(6, 4),
];
const FIRST = '00000000000000000000.log';
const SECOND = '00000000000000000005.log';

/** The files by path below the golden folder. */
export async function makeLogGolden(): Promise<ReadonlyMap<string, Buffer>> {
  const whole = await makeSampleDisk(batches);
  const firstOffsets = batchOffsets(batches.slice(0, 3));
  const secondOffsets = batchOffsets(batches.slice(3));
  const places = [...firstOffsets.map((at) => `${FIRST}@${at}`), ...secondOffsets.map((at) => `${SECOND}@${at}`)];
  const expected = batches.map((batch, i) => expectBatch(batch, places[i]!));
  const worldId = Buffer.from(SAMPLE_WORLD_ID).toString('hex');

  const torn = whole.clone();
  torn.bytes(`${SAMPLE_FOLDER}/${SECOND}`).fill(0, secondOffsets[1]! + 150);
  const damaged = whole.clone();
  damaged.bytes(`${SAMPLE_FOLDER}/${FIRST}`)[firstOffsets[1]! + 70]! ^= 0x10;

  return new Map([
    ...filesOf('whole', whole, { about: 'Two segments, nothing wrong.', worldId, batches: expected }),
    ...filesOf('torn', torn, {
      about: 'The last batch was cut short. A reader finds the batches before it.',
      worldId,
      batches: expected.slice(0, 4),
      tornTail: places[4]!,
    }),
    ...filesOf('damaged', damaged, {
      about: 'A bit was flipped in the second batch, which others follow. A reader refuses the log.',
      worldId,
      batches: expected.filter((_, i) => i !== 1),
      damage: [places[1]!],
    }),
  ]);
}

/** The golden files as they are checked in, likewise. */
export function readLogGolden(): ReadonlyMap<string, Buffer> {
  const names = readdirSync(LOG_GOLDEN_FOLDER, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(?:log|json)$/.test(name)).sort();
  return new Map(files.map((name) => [name, readFileSync(join(LOG_GOLDEN_FOLDER, name))]));
}

function expectBatch({ firstIdx, treeRootBefore, events }: Batch, place: string): ExpectedBatch {
  return {
    place,
    firstIdx,
    treeRootBefore: toHex(treeRootBefore),
    events: events.map(({ header, body }) => ({ header: toHex(header), body: toHex(body) })),
  };
}

function filesOf(name: string, disk: MemoryDisk, expected: ExpectedLog): [string, Buffer][] {
  const segments = [FIRST, SECOND].map((file): [string, Buffer] => [
    `${name}/${file}`,
    disk.bytes(`${SAMPLE_FOLDER}/${file}`),
  ]);
  return [...segments, [`${name}/expected.json`, Buffer.from(`${JSON.stringify(expected, undefined, 2)}\n`)]];
}

if (import.meta.main) {
  rmSync(LOG_GOLDEN_FOLDER, { recursive: true, force: true });
  for (const [name, bytes] of await makeLogGolden()) {
    const path = join(LOG_GOLDEN_FOLDER, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
