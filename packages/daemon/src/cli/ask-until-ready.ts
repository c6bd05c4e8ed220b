/** Asking for what is long past. */
import { Failure } from '../errors/failure.ts';

/** A daemon doesn't let a request wait for long while it makes a state of long ago; what it has done is kept. */
export async function askUntilReady<Told>(ask: () => Promise<Told>): Promise<Told> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Failure) || error.reason !== 'PAST_NOT_READY') throw error;
    }
  }
}
