/** What a simulated run did, line by line: the same seed and the same code give the same bytes. */
import { createHash } from 'node:crypto';

/** What strikes in a run. Each is counted when it does. */
export const FAULT_KINDS = [
  'power cut',
  'power cut in an operation',
  'process death',
  'restart',
  'full disk',
  'failed write',
  'failed sync',
  'failed read',
  'slow disk',
  'flipped bit in a checkpoint',
  'flipped bit in the index',
  'flipped bit in the log',
  'lost derived file',
  'second writer',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export class Trace {
  readonly lines: string[] = [];
  readonly #faults = new Map<FaultKind, number>();

  add(line: string): void {
    this.lines.push(line);
  }

  strike(kind: FaultKind, detail = ''): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    this.add(`fault: ${kind} ${detail}`);
  }

  get faults(): ReadonlyMap<FaultKind, number> {
    return this.#faults;
  }

  /** SHA-256 of the lines, in hex. */
  digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex');
  }
}
