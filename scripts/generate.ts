/** `npm run generate`: writes what is made of other files of the checkout. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATED, generatedSource } from './client/generated-source.ts';
import { OPENAPI_PATH, openApiText } from './openapi-text.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const [path, make] of [
  [GENERATED, generatedSource],
  [OPENAPI_PATH, openApiText],
] as const) {
  writeFileSync(join(root, path), await make(root));
  process.stdout.write(`wrote ${path}\n`);
}
