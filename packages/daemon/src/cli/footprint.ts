/** What was read of a workspace, where it is declared: `FootprintInput` of the API, as JSON. */
import type { Context } from './command.ts';
import { parseJson } from './meta.ts';
import { readTextSource } from './text-source.ts';
import type { TypedPlaces } from './typed-places.ts';

export interface FootprintFlags {
  readonly footprint?: string;
}

const FLAG = '--footprint';
export const FOOTPRINT_FLAG: readonly [flags: string, description: string] = [
  `${FLAG} <file>`,
  'what was read, as JSON, if the policy asks for that; - for standard input',
];

/** Null where none is declared. Throws `USAGE` or `FORMAT_INVALID`; what it says is for the daemon to judge. */
export async function readFootprint(context: Context, { footprint }: FootprintFlags): Promise<unknown> {
  return footprint === undefined ? null : parseJson(FLAG, await readTextSource(context, footprint, FLAG));
}

/** `place` stands before the names of the arguments. Nothing else that a collapse sends is long. */
export function footprintPlaces(place: string): TypedPlaces {
  return { [`${place}footprint`]: FLAG, body: FLAG };
}
