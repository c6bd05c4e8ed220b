/** The flags of every command that writes: what is noted with the event, and what makes a retry safe. */
import type { Command } from 'commander';
import { Failure } from '../errors/failure.ts';
import type { TypedPlaces } from './typed-places.ts';

/** As commander leaves them. */
export interface MetaFlags {
  readonly meta?: string;
  readonly requestId?: string;
}

export function addMetaFlags(command: Command): Command {
  return command
    .option('--request-id <id>', 'sent again, the same id answers again and acts once')
    .option('--meta <json>', 'JSON object kept with the event; validUntil: its last tick');
}

/** `meta` as the API takes it; null when there is none. Throws `USAGE` or `FORMAT_INVALID`. */
export function readMeta({ meta, requestId }: MetaFlags): Readonly<Record<string, unknown>> | null {
  if (meta === undefined) return requestId === undefined ? null : { requestId };
  const value = parseJson('--meta', meta);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('FORMAT_INVALID', '--meta', 'this is not a JSON object');
  }
  return requestId === undefined ? { ...value } : { ...value, requestId };
}

/** Places of the meta, which the API knows as `place`. */
export function metaPlaces(place: string, { requestId }: MetaFlags): TypedPlaces {
  return { [place]: '--meta', ...(requestId === undefined ? {} : { [`${place}.requestId`]: '--request-id' }) };
}

/** Throws `FORMAT_INVALID` with what is wrong. */
export function parseJson(place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure('FORMAT_INVALID', place, `this is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
