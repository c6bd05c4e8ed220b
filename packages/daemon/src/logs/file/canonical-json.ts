/** Manifests: JSON in the one spelling of RFC 8785, whose own digest is in it (`docs/decisions/canonical-json.md`). */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

/** `sha256:` and 64 characters of lowercase hex. */
export type NamedDigest = `sha256:${string}`;

export function namedDigest(bytes: Uint8Array | string): NamedDigest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The text of a manifest, a line feed at its end; `check` is the digest of the text that it has without `check`. */
export function manifestText(fields: Readonly<Record<string, unknown>>): string {
  return `${canonical({ ...fields, check: namedDigest(canonical(fields)) })}\n`;
}

/** What a manifest's text says; undefined where it is not what was written. Its shape is the reader's to check. */
export function parseManifest(text: string): Readonly<Record<string, unknown>> | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
  const { check: _, ...fields } = said as Readonly<Record<string, unknown>>; // an object, of which nothing is believed yet
  return isText(text, fields) ? fields : undefined;
}

export function isCount(said: unknown): said is number {
  return Number.isSafeInteger(said) && Number(said) >= 0;
}

export function isNamedDigest(said: unknown): said is NamedDigest {
  return typeof said === 'string' && /^sha256:[0-9a-f]{64}$/.test(said);
}

/** A world's id, in hex. */
export function isWorldId(said: unknown): said is string {
  return typeof said === 'string' && /^[0-9a-f]{32}$/.test(said);
}

function isText(text: string, fields: Readonly<Record<string, unknown>>): boolean {
  try {
    return manifestText(fields) === text;
  } catch {
    return false; // a lone surrogate, which RFC 8785 refuses
  }
}

function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a manifest is an object');
  return text;
}
