/**
 * Paper: what a command's answer is written on. Aligned tables with dim titles on a terminal; fields between tabs in a
 * pipe, the titles too, since one answer may hold several tables. `NO_COLOR` is honoured.
 */
import { styleText } from 'node:util';
import { plainText } from './plain-text.ts';

export interface Paper {
  readonly isTerminal: boolean;
  readonly hasColor: boolean;
}

/** A stream that text is printed on. */
export interface Sheet {
  readonly write: (text: string) => void;
  readonly paper: Paper;
  /** As it is now; of what is no terminal, a size that help is wrapped to. */
  readonly screen: () => ScreenSize;
}

/** Columns and rows. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

const GAP = '  ';

/** Columns of text. */
export function leftColumns(...titles: readonly string[]): readonly TableColumn[] {
  return titles.map((title) => ({ title, align: 'left' }));
}

/** Columns of numbers. */
export function rightColumns(...titles: readonly string[]): readonly TableColumn[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

/** The paper of a stream that this process writes to. */
export function paperOf(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Paper {
  const isTerminal = stream.isTTY === true;
  const hasColor = isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return { isTerminal, hasColor };
}

export function bold(paper: Paper, text: string): string {
  return paper.hasColor ? styleText('bold', text, { validateStream: false }) : text;
}

/** What is read past: titles, and names of values. */
export function dim(paper: Paper, text: string): string {
  return paper.hasColor ? styleText('dim', text, { validateStream: false }) : text;
}

export function red(paper: Paper, text: string): string {
  return colored(paper, 'red', text);
}

export function green(paper: Paper, text: string): string {
  return colored(paper, 'green', text);
}

export function yellow(paper: Paper, text: string): string {
  return colored(paper, 'yellow', text);
}

function colored(paper: Paper, color: 'red' | 'green' | 'yellow', text: string): string {
  return paper.hasColor ? styleText(color, text, { validateStream: false }) : text;
}

/** A table; each row has a cell for each column. Every line ends with a newline. */
export function tableText(paper: Paper, columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(plainText));
  const titles = columns.map(({ title }) => title);
  if (!paper.isTerminal) return [titles, ...cells].map((row) => `${row.join('\t')}\n`).join('');
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return columns[at]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join(GAP).trimEnd();
  };
  return [dim(paper, line(titles)), ...cells.map(line)].map((text) => `${text}\n`).join('');
}

/** Names with values, one a line. */
export function pairsText(paper: Paper, pairs: readonly (readonly [name: string, value: string])[]): string {
  if (!paper.isTerminal) return pairs.map(([name, value]) => `${name}\t${plainText(value)}\n`).join('');
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${dim(paper, name.padEnd(width))}${GAP}${plainText(value)}`.trimEnd() + '\n')
    .join('');
}
