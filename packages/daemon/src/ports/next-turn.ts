/**
 * The turn port: what the engine leaves to a later turn of the event loop, so that a simulation chooses when each comes.
 *
 * A turn comes once, after the code that asked for it has ended, and never if the process dies before.
 */
export type NextTurn = (turn: () => void) => void;

/** The event loop's own: after the I/O that is ready by then. */
export const nextTurn: NextTurn = (turn) => void setImmediate(turn);
