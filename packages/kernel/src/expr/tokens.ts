/** The words of an expression's source text, each with its place. */
import { utf8Size } from '../bytes/utf8.ts';
import { refuse, type Refusal } from '../refusal.ts';

export interface Token {
  readonly type: 'number' | 'text' | 'bytes' | 'id' | 'word' | 'sign' | 'end';
  /** As it stands in the source; of a text what is in it, of an id its digits. */
  readonly text: string;
  /** Characters of the source before it. */
  readonly at: number;
}

const SPACE = /[ \t\r\n]*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ID = /#([0-9a-f]{64})(?![0-9A-Za-z])/y;
const SIGN = /==|!=|<=|>=|[<>()[\],.@]/y;

/** What is wrong at a place of the source. */
export function exprInvalid(at: number, detail: string): Refusal {
  return refuse('EXPR_INVALID', exprPlace(at), detail);
}

/** As places in a source are told, from 1. */
export function exprPlace(at: number): string {
  return `column ${at + 1}`;
}

/** All tokens, the last one of type `end`. */
export function readTokens(source: string): readonly Token[] | Refusal {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(SPACE, source, at)?.[0].length ?? 0;
    if (at === source.length) return [...tokens, { type: 'end', text: '', at }];
    const read = readToken(source, at);
    if ('ok' in read) return read;
    tokens.push(read.token);
    at += read.length;
  }
}

interface Read {
  readonly token: Token;
  /** Of its source. */
  readonly length: number;
}

function readToken(source: string, at: number): Read | Refusal {
  const isBytes = source.startsWith('b"', at);
  if (isBytes || source[at] === '"') return readText(source, at, isBytes ? 'bytes' : 'text');
  for (const [type, pattern] of PATTERNS) {
    const match = matchAt(pattern, source, at);
    if (match !== null) return { token: { type, text: match[1] ?? match[0], at }, length: match[0].length };
  }
  return exprInvalid(at, 'nothing of an expression begins with this character');
}

const PATTERNS: readonly (readonly [Token['type'], RegExp])[] = [
  ['word', WORD],
  ['number', NUMBER],
  ['id', ID],
  ['sign', SIGN],
];

function readText(source: string, at: number, type: 'text' | 'bytes'): Read | Refusal {
  const prefix = type === 'bytes' ? 1 : 0;
  const quoted = matchAt(TEXT, source, at + prefix)?.[0];
  if (quoted === undefined) return exprInvalid(at, 'a text has no end, or holds what JSON would not let it hold');
  const text: unknown = JSON.parse(quoted);
  if (typeof text !== 'string' || utf8Size(text) < 0) return exprInvalid(at, 'the text has a lone surrogate');
  return { token: { type, text, at }, length: prefix + quoted.length };
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}
