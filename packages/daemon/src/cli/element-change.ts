/** Elements that differ, as the API tells of them, in words. */
import { isUtf8 } from 'node:buffer';
import { bold, green, red, yellow, type Paper } from './terminal/paper.ts';
import { plainText } from './terminal/plain-text.ts';

/** What never changes of an element. */
export interface ElementName {
  readonly element: 'NODE' | 'EDGE';
  readonly id: string;
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly key_b64: string | null;
}

export interface ElementChange extends ElementName {
  readonly before: ElementValue | null;
  readonly after: ElementValue | null;
}

export interface ElementValue {
  readonly digest: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A line for each element, and one below for each field that differs. */
export function changesText(paper: Paper, changes: readonly ElementChange[]): string {
  return changes
    .flatMap((change) => changeLines(paper, change))
    .map((line) => `${line}\n`)
    .join('');
}

function changeLines(paper: Paper, change: ElementChange): readonly string[] {
  const { before, after } = change;
  const [sign, color] =
    before === null ? (['+', green] as const) : after === null ? (['-', red] as const) : (['~', yellow] as const);
  const fields = fieldLines(paper, isKeyedNode(change), before?.data ?? {}, after?.data ?? {});
  return [color(paper, `${sign} ${plainText(nameText(change))}`), ...fields];
}

export function isKeyedNode({ element, key_b64: key }: ElementName): boolean {
  return element === 'NODE' && key !== null;
}

/** `node task 't' <id>`, `edge about <from> → <to> <id>`. */
export function nameText({ element, id, kind, from, to, key_b64: key }: ElementName): string {
  const named = key === null ? '' : ` ${keyText(key)}`;
  return element === 'NODE' ? `node ${kind}${named} ${id}` : `edge ${kind}${named} ${from} → ${to} ${id}`;
}

/** As text where it is UTF-8, else in base64. */
function keyText(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `base64:${base64}`;
}

type Data = Readonly<Record<string, unknown>>;

function fieldLines(paper: Paper, isKeyed: boolean, before: Data, after: Data): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [valueText(before, name, isKeyed), valueText(after, name, isKeyed)];
    if (was === is) return [];
    const label = bold(paper, plainText(isKeyed ? name : 'payload'));
    const sides = [was === null ? [] : red(paper, was), is === null ? [] : green(paper, is)].flat();
    if (is === null) sides.push('absent');
    return [`    ${label}: ${sides.join(' → ')}`];
  });
}

const TEXT_LENGTH_MAX = 120;

/** Null where there is no such field; a payload as text where it is UTF-8. */
export function valueText(data: Data, name: string, isKeyed: boolean): string | null {
  if (!Object.hasOwn(data, name)) return null;
  const value = data[name];
  if (isKeyed) return shortText(JSON.stringify(value));
  return typeof value === 'string' ? shortText(keyText(value)) : null;
}

/** Long ones are cut, and say how much there is. */
function shortText(text: string): string {
  if (text.length <= TEXT_LENGTH_MAX) return plainText(text);
  return `${plainText(text.slice(0, TEXT_LENGTH_MAX))}… (${text.length} characters)`;
}
