/** A data folder that was lived in: its world `main` has a history with checkpoints in it. */
import { Host } from '@jitos/daemon/engine/host.ts';
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { digestToHex, worldDigest, type Command } from '@jitos/kernel';
import { tapeDice } from '../world/dice.ts';
import { generateCommand } from '../world/generate-commands.ts';

/** Events between two checkpoints. */
const CADENCE = { events: 60, sizeBytes: Infinity };

export interface SampleDataDir {
  readonly length: number;
  /** Of `main`, in hex. */
  readonly worldDigest: string;
}

/** Opens the data folder, made if need be, runs some 90 commands a round in `main`, and closes it. */
export async function liveInDataDir(dataDir: string, rounds: number): Promise<SampleDataDir> {
  const host = await Host.open({ dataDir, checkpointCadence: CADENCE });
  try {
    const world = host.mustGetWorld('main');
    const seed = world.log.length;
    for (let round = 0; round < rounds; round++) await runCommands(world, seed + round, 90);
    return { length: world.log.length, worldDigest: digestToHex(worldDigest(world.loop.world, sha256)) };
  } finally {
    await host.close();
  }
}

/** Runs plausible commands, the same ones for the same `seed` and world, and lets a checkpoint be finished. */
export async function runCommands({ loop, checkpointer }: OpenWorld, seed: number, count: number): Promise<void> {
  const dice = tapeDice(Array.from({ length: 4000 }, (_, i) => ((i + seed) * 7919) % 10_000));
  const past: Command[] = [];
  for (let i = 0; i < count; i++) {
    const command = generateCommand(dice, loop.world, past);
    past.push(command);
    await loop.submit(command);
  }
  await checkpointer?.idle();
}
