/**
 * How long values are as JSON, found out before the text is made: a text that does not fit must never be built.
 *
 * Answers are trees of plain objects and lists, as deep as a query and a canonical value may be; shared parts count as
 * often as they stand in the text.
 */

/** Of one answer's JSON. The largest event's ops fit, whatever is in them. */
export const ANSWER_SIZE_BYTES_MAX = 134_217_728;

/** Whether the value takes at most so many bytes as JSON in UTF-8. Costs a look at each value, at few of the texts. */
export function fitsAsJson(value: unknown, sizeBytesMax: number): boolean {
  // A bound that needs no look into texts says yes to nearly everything.
  return (
    jsonSizeBytes(value, { ...AT_MOST, sizeBytesMax }) <= sizeBytesMax ||
    jsonSizeBytes(value, { ...CLOSE, sizeBytesMax }) <= sizeBytesMax
  );
}

/** What a value takes as JSON in UTF-8; never less than it does take, and hardly more. */
export function jsonSizeBytesOf(value: unknown): number {
  return jsonSizeBytes(value, { ...CLOSE, sizeBytesMax: Infinity });
}

interface Measure {
  readonly textSizeBytes: (text: string) => number;
  readonly numberSizeBytes: (number: number) => number;
  /** The walk ends once it has passed it. */
  readonly sizeBytesMax: number;
}

const LONGEST_WORD = 'false';

function jsonSizeBytes(value: unknown, measure: Measure): number {
  if (typeof value === 'string') return measure.textSizeBytes(value);
  if (typeof value === 'number') return measure.numberSizeBytes(value);
  if (typeof value !== 'object' || value === null) return LONGEST_WORD.length;
  return Array.isArray(value) ? listSizeBytes(value, measure) : objectSizeBytes(value, measure);
}

function listSizeBytes(list: readonly unknown[], measure: Measure): number {
  let sizeBytes = 2;
  for (const item of list) {
    sizeBytes += 1 + jsonSizeBytes(item, measure);
    if (sizeBytes > measure.sizeBytesMax) break;
  }
  return sizeBytes;
}

function objectSizeBytes(object: object, measure: Measure): number {
  let sizeBytes = 2;
  // Many times as fast as a list of the entries; answers have properties of their own only.
  for (const name in object) {
    const item = (object as Readonly<Record<string, unknown>>)[name]; // the name is its own
    sizeBytes += 2 + measure.textSizeBytes(name) + jsonSizeBytes(item, measure);
    if (sizeBytes > measure.sizeBytesMax) break;
  }
  return sizeBytes;
}

/** `\u0000` */
const CHARACTER_SIZE_BYTES_MAX = 6;

function textSizeBytesAtMost(text: string): number {
  return 2 + CHARACTER_SIZE_BYTES_MAX * text.length;
}

const ESCAPED = /["\\\u0000-\u001f]/g;

function textSizeBytes(text: string): number {
  if (!text.isWellFormed()) return textSizeBytesAtMost(text);
  let sizeBytes = 2 + Buffer.byteLength(text, 'utf8');
  ESCAPED.lastIndex = 0;
  for (let found = ESCAPED.exec(text); found !== null; found = ESCAPED.exec(text)) {
    sizeBytes += SHORT_ESCAPES.has(found[0]) ? 1 : CHARACTER_SIZE_BYTES_MAX - 1;
  }
  return sizeBytes;
}

/** Those that take one character more, such as `\n`. */
const SHORT_ESCAPES: ReadonlySet<string> = new Set(['"', '\\', '\b', '\f', '\n', '\r', '\t']);

/** `-0.0000012345678901234567` */
const NUMBER_SIZE_BYTES_MAX = 25;

const AT_MOST = { textSizeBytes: textSizeBytesAtMost, numberSizeBytes: () => NUMBER_SIZE_BYTES_MAX };
const CLOSE = { textSizeBytes, numberSizeBytes: (number: number) => String(number).length };
