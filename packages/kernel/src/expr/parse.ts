/**
 * From a source text to an expression.
 *
 *     or      = and { "or" and }
 *     and     = not { "and" not }
 *     not     = "not" not | compare
 *     compare = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
 *     operand = "(" or ")" | "exists" "(" or ")" | count | element { step } | literal
 *     count   = "count" "(" ( "nodes" | "edges" ) [ "," text ] ")"
 *     element = "node" "(" ( text "," ( text | bytes ) | id ) ")" | "edge" "(" id ")"
 *     step    = "." word | "[" ( text | number ) "]" | "@" ( "kind" | "key" | "payload" )
 */
import { assert } from '../assert.ts';
import { hexToDigest } from '../bytes/digest.ts';
import { utf8Bytes } from '../bytes/utf8.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { isKind, type ElementId, type Kind } from '../graph/element.ts';
import { refuse, type Refusal } from '../refusal.ts';
import {
  COMPARISONS,
  EXPR_DEPTH_MAX,
  EXPR_LENGTH_MAX,
  PROPERTIES,
  type ElementRef,
  type Expr,
  type Literal,
  type PathStep,
} from './expr.ts';
import { exprInvalid, exprPlace, readTokens, type Token } from './tokens.ts';

/** Parses a source text. Refuses with `EXPR_INVALID` or `EXPR_TOO_LARGE`, and the column. */
export function parseExpr(source: string): { readonly ok: true; readonly expr: Expr } | Refusal {
  if (source.length > EXPR_LENGTH_MAX) {
    const detail = `an expression has at most ${EXPR_LENGTH_MAX} characters, not ${source.length}`;
    return refuse('EXPR_TOO_LARGE', exprPlace(EXPR_LENGTH_MAX), detail);
  }
  const tokens = readTokens(source);
  if ('ok' in tokens) return tokens;
  try {
    const parser = new Parser(tokens);
    const expr = parser.or(0);
    parser.take('end', '', 'an operator or the end');
    return { ok: true, expr };
  } catch (error) {
    if (error instanceof Stop) return error.refusal;
    throw error;
  }
}

/** Carries a refusal out of the parser; never leaves this file. */
class Stop extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  or(depth: number): Expr {
    return this.#chain('or', () => this.#chain('and', () => this.#not(depth)));
  }

  /** Takes the next token if it is the one that is due, else stops. */
  take(type: Token['type'], text: string | null, due: string): Token {
    const token = this.#peek();
    if (token.type !== type || (text !== null && token.text !== text)) throw this.#unexpected(due);
    this.#next += 1;
    return token;
  }

  #chain(type: 'and' | 'or', operand: () => Expr): Expr {
    const { at } = this.#peek();
    const first = operand();
    const operands = [first];
    while (this.#takeIf('word', type)) operands.push(operand());
    return operands.length === 1 ? first : { type, at, operands };
  }

  #not(depth: number): Expr {
    const { at } = this.#peek();
    if (!this.#takeIf('word', 'not')) return this.#compare(depth);
    return { type: 'not', at, operand: this.#not(this.#deeper(depth, at)) };
  }

  #compare(depth: number): Expr {
    const left = this.#operand(depth);
    const { type, text, at } = this.#peek();
    const comparison = type === 'sign' ? COMPARISONS.find((each) => each === text) : undefined;
    if (comparison === undefined) return left;
    this.#next += 1;
    return { type: 'compare', at, comparison, left, right: this.#operand(depth) };
  }

  #operand(depth: number): Expr {
    const { at } = this.#peek();
    if (this.#takeIf('sign', '(')) return this.#inBrackets(depth, at);
    if (this.#takeIf('word', 'exists')) {
      this.#sign('(');
      return { type: 'exists', at, operand: this.#inBrackets(depth, at) };
    }
    if (this.#takeIf('word', 'count')) return this.#count(at);
    if (this.#takeIf('word', 'node')) return this.#path(at, this.#node());
    if (this.#takeIf('word', 'edge')) return this.#path(at, this.#edge());
    return { type: 'literal', at, value: this.#literal() };
  }

  #inBrackets(depth: number, at: number): Expr {
    const inner = this.or(this.#deeper(depth, at));
    this.#sign(')');
    return inner;
  }

  #count(at: number): Expr {
    this.#sign('(');
    const table = this.#takeIf('word', 'edges') ? 'edges' : 'nodes';
    if (table === 'nodes') this.take('word', 'nodes', '`nodes` or `edges`');
    const kind = this.#takeIf('sign', ',') ? this.#kind() : null;
    this.#sign(')');
    return { type: 'count', at, table, kind };
  }

  #node(): ElementRef {
    this.#sign('(');
    if (this.#peek().type === 'id') return this.#byId('node');
    const kind = this.#kind();
    this.#sign(',');
    const key = this.#peek().type === 'bytes' ? this.take('bytes', null, 'a key') : this.take('text', null, 'a key');
    this.#sign(')');
    return { element: 'node', kind, key: mustUtf8(key.text) };
  }

  #edge(): ElementRef {
    this.#sign('(');
    return this.#byId('edge');
  }

  #byId(element: 'node' | 'edge'): ElementRef {
    const { text } = this.take('id', null, 'an id: # and 64 hexadecimal digits');
    const id: ElementId | undefined = hexToDigest(text);
    assert(id !== undefined, 'the token has 64 digits');
    this.#sign(')');
    return { element, id };
  }

  #path(at: number, ref: ElementRef): Expr {
    const path: PathStep[] = [];
    for (let step = this.#step(); step !== undefined; step = this.#step()) path.push(step);
    return { type: 'element', at, ref, path };
  }

  #step(): PathStep | undefined {
    if (this.#takeIf('sign', '.')) return { step: 'name', name: this.take('word', null, 'a name').text };
    if (this.#takeIf('sign', '@')) return this.#property();
    if (!this.#takeIf('sign', '[')) return undefined;
    const { type, text } = this.#peek();
    const isIndex = type === 'number' && /^[0-9]{1,9}$/.test(text);
    if (isIndex) this.#next += 1;
    else this.take('text', null, 'a name in quotes or the number of an item');
    this.#sign(']');
    return isIndex ? { step: 'item', index: Number(text) } : { step: 'name', name: text };
  }

  #property(): PathStep {
    const { text } = this.#peek();
    const property = PROPERTIES.find((each) => each === text);
    if (property === undefined) throw this.#unexpected('`kind`, `key` or `payload`');
    this.take('word', property, '');
    return { step: 'property', property };
  }

  #kind(): Kind {
    const { text, at } = this.take('text', null, 'a kind in quotes');
    if (!isKind(text)) throw new Stop(exprInvalid(at, 'a kind is 1–128 characters of A–Z a–z 0–9 _ . : -'));
    return text;
  }

  #literal(): Literal {
    const { type, text, at } = this.#peek();
    const words: ReadonlyMap<string, Literal> = WORDS;
    const word = type === 'word' ? words.get(text) : undefined;
    if (word === undefined && type !== 'number' && type !== 'text' && type !== 'bytes') {
      throw this.#unexpected('a value, an element, `count`, `exists` or `(`');
    }
    this.#next += 1;
    if (word !== undefined) return word;
    if (type === 'number') return numberOf(text, at);
    return type === 'bytes' ? { $bytes: mustUtf8(text) } : text;
  }

  #sign(sign: string): void {
    this.take('sign', sign, `\`${sign}\``);
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    assert(token !== undefined, 'the end is never taken but last');
    return token;
  }

  #takeIf(type: Token['type'], text: string): boolean {
    const token = this.#peek();
    if (token.type !== type || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #deeper(depth: number, at: number): number {
    if (depth < EXPR_DEPTH_MAX) return depth + 1;
    throw new Stop(refuse('EXPR_TOO_LARGE', exprPlace(at), `nested deeper than ${EXPR_DEPTH_MAX}`));
  }

  #unexpected(due: string): Stop {
    const { type, at } = this.#peek();
    return new Stop(exprInvalid(at, `${due} is due here${type === 'end' ? ', at the end' : ''}`));
  }
}

const WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** As a canonical value has it: an integer that is no safe number is a bigint. */
function numberOf(text: string, at: number): number | bigint {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  if (/^-?[0-9]+$/.test(text)) {
    const integer = BigInt(text);
    if (integer >= -(2n ** 63n) && integer < 2n ** 64n) return integer;
    throw new Stop(exprInvalid(at, 'an integer is from −2⁶³ to 2⁶⁴−1'));
  }
  if (Number.isFinite(number) && !Number.isInteger(number)) return number;
  throw new Stop(exprInvalid(at, 'the number is too large to be told from its neighbours: write it as an integer'));
}

/** Of a token's text, which has no lone surrogate. */
function mustUtf8(text: string): Bytes {
  const bytes = utf8Bytes(text);
  assert(bytes !== undefined, 'the tokens are well-formed');
  return bytes;
}
