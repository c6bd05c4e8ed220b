/**
 * `Failure`: an error with a code from the registry, on its way out of the daemon.
 *
 * It carries refusals raised at the edge and faults (disk, git, peer). A bug is a plain `Error` and stops the work.
 */
import type { Reason } from './reason.ts';

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly reason: Reason;
  /** Where: a JSON path in the input, a file with an offset, an address; '' when there is none. */
  readonly place: string;

  constructor(reason: Reason, place: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
    this.place = place;
  }
}
