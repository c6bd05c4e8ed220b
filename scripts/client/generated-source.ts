/** The client's `generated.ts` as it has to be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { generateTypes } from './generate-types.ts';

export const GENERATED = 'packages/client/src/wire/generated.ts';
const SCHEMA = 'packages/daemon/src/servers/graphql/schema.graphql';
const OPERATIONS = 'packages/client/src/wire/operations.graphql';

/** Of the checkout at `root`, laid out as the house is. */
export async function generatedSource(root: string): Promise<string> {
  const [sdl, operations] = [SCHEMA, OPERATIONS].map((path) => readFileSync(join(root, path), 'utf8'));
  const path = join(root, GENERATED);
  return format(generateTypes(sdl ?? '', operations ?? ''), { ...(await resolveConfig(path)), filepath: path });
}
