/** The daemon's log of itself on standard error: JSON lines for machines, readable ones on a terminal. */
import { pino, type Logger } from 'pino';
import { bold, type Paper } from '../terminal/paper.ts';
import { plainText } from '../terminal/plain-text.ts';

export interface LoggerOptions {
  readonly write: (text: string) => void;
  readonly paper: Paper;
}

/** What every line has, and no reader on a terminal wants. */
const ROUTINE = new Set(['level', 'time', 'pid', 'msg']);

export function makeLogger({ write, paper }: LoggerOptions): Logger {
  const options = {
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  return pino(options, { write: paper.isTerminal ? (line) => write(readableLine(paper, line)) : write });
}

/** `12:01:51 warn the log's tail was torn  world=main bytes=40`. */
export function readableLine(paper: Paper, line: string): string {
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>; // a line of pino's is an object
  const rest = Object.entries(entry).filter(([name]) => !ROUTINE.has(name));
  const facts = rest.map(([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = String(entry['time']).slice(11, 19);
  return `${time} ${bold(paper, String(entry['level']))} ${plainText(`${String(entry['msg'])}${facts.join('')}`)}\n`;
}
