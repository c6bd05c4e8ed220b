/**
 * Assertions: they state what only a bug can break, they stay on in production, and they stop the work.
 */

/** Thrown when the program, not its input, is wrong. Never caught to go on. */
export class Bug extends Error {
  override readonly name = 'Bug';
}

/** Throws a `Bug` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}

/** Marks a branch that the types exclude. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${String(value)}`);
}
