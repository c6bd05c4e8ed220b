/**
 * A figure: one measured number of ours beside one of somebody else's, taken in the same run.
 *
 * - F1 `ratio` above 1 always means that ours is better, whichever way the unit points.
 * - F2 A ratio is the median of the ratios of paired rounds, never the ratio of two numbers measured at different times.
 */

/** What a value counts. Units with a `/` are rates, where more is better; in all others less is better. */
export type Unit =
  | '/s'
  | '/cpu-s'
  | 'MiB/s'
  | 'us'
  | 'us p99'
  | 'us p99.9'
  | 'ms'
  | 'B'
  /** Of memory, without what the values in it would take of themselves. */
  | 'B values apart'
  /** Bytes that the disk was given to write, an operation. */
  | 'B to disk'
  | 'MiB'
  /** As long as something else takes that is measured by turns with it, in the same process. */
  | 'times';

/** One printed line. */
export interface Figure {
  /** The bench and the contest, as in `log.append/1-in-flight`. */
  readonly bench: string;
  readonly unit: Unit;
  /** Null in a figure that shows only what a probe or a peer does. */
  readonly ours: number | null;
  readonly peer: number | null;
  readonly peerName: string | null;
  readonly ratio: number | null;
  /** Operations per run. */
  readonly n: number;
  readonly runs: number;
}

/** The middle of the values; the mean of the middle two when their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('the median of nothing');
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The median advantage of ours over paired rounds (F1, F2). Both arrays have one value a round. */
export function ratioOf(unit: Unit, ours: readonly number[], peer: readonly number[]): number {
  const more = unit.includes('/');
  return median(ours.map((our, i) => (more ? our / (peer[i] ?? NaN) : (peer[i] ?? NaN) / our)));
}

/** A number with four significant digits, as a person reads it. */
export function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(4));
  return Math.abs(rounded) >= 1000 ? Math.round(rounded).toLocaleString('en-US') : String(rounded);
}

/** The figure as one line of JSON, its numbers cut to four significant digits. */
export function figureToJson(figure: Figure): string {
  return JSON.stringify(figure, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  );
}

const COLUMNS = ['bench', 'unit', 'ours', 'peer', 'ratio', 'against'] as const;

/** The figures as a table for a terminal or a page, with a column as wide as its widest cell. */
export function figuresToTable(figures: readonly Figure[]): string {
  const cell = (value: number | null): string => (value === null ? '–' : shortNumber(value));
  const rows = figures.map((f) => [f.bench, f.unit, cell(f.ours), cell(f.peer), cell(f.ratio), f.peerName ?? '–']);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => (i >= 2 && i <= 4 ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(COLUMNS), ...rows.map(line)].join('\n');
}
