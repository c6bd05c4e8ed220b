/** Worlds that hold nothing but their place in a history. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { createWorld, type World } from '@jitos/kernel';

const { world } = createWorld({ quantumMs: 1000 }, sha256);

/** A world that says that it has seen so many events. */
export function emptyWorldOf(size: number): World {
  return { ...world, history: { ...world.history, size } };
}
