/** What a simulated run did, line by line: the same seed and the same code give the same bytes. */
import { createHash } from 'node:crypto';
import type { Event } from '@jitos/kernel';

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
  'lying sync',
  'short write',
  'misdirected write',
  'repeated write',
  'flipped write',
  'slow disk',
  'flipped bit in a checkpoint',
  'flipped bit in the index',
  'flipped bit in the tree hashes',
  'flipped bit in the log',
  'lost derived file',
  'second writer',
  'clock set ahead',
  'clock set back',
  'dropped message',
  'repeated message',
  'delayed message',
  'reordered message',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** What faults may cost, and nothing else: each is counted when it does. */
export const COSTS = [
  'log found damaged',
  'log found shorter',
  'proof refused',
  'page refused',
  'checkpoint not used',
] as const;

export type Cost = (typeof COSTS)[number];

/** Laws that hold something only where clients have gone to the trouble: each is counted when it did. */
export const RARE_LAWS = ['a gathered footprint', 'an undo while System stays'] as const;

export type RareLaw = (typeof RARE_LAWS)[number];

/** Adds the counts of one run to those of many. */
export function addCounts<Key>(total: Map<Key, number>, counts: ReadonlyMap<Key, number>): void {
  for (const [key, count] of counts) total.set(key, (total.get(key) ?? 0) + count);
}

export class Trace {
  readonly lines: string[] = [];
  readonly #faults = new Map<FaultKind, number>();
  readonly #costs = new Map<Cost, number>();
  readonly #held = new Map<RareLaw, number>();
  readonly #replies = new Map<Event['kind'], number>();

  add(line: string): void {
    this.lines.push(line);
  }

  strike(kind: FaultKind, detail = ''): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    this.add(`fault: ${kind} ${detail}`);
  }

  /** A command was carried out, and its event told. */
  reply(kind: Event['kind']): void {
    this.#replies.set(kind, (this.#replies.get(kind) ?? 0) + 1);
  }

  get replies(): ReadonlyMap<Event['kind'], number> {
    return this.#replies;
  }

  hold(law: RareLaw): void {
    this.#held.set(law, (this.#held.get(law) ?? 0) + 1);
  }

  get held(): ReadonlyMap<RareLaw, number> {
    return this.#held;
  }

  pay(cost: Cost, detail: string): void {
    this.#costs.set(cost, (this.#costs.get(cost) ?? 0) + 1);
    this.add(`cost: ${cost}: ${detail}`);
  }

  get costs(): ReadonlyMap<Cost, number> {
    return this.#costs;
  }

  get faults(): ReadonlyMap<FaultKind, number> {
    return this.#faults;
  }

  /** SHA-256 of the lines, in hex. */
  digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex');
  }
}
