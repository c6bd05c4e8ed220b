/** `npm run generate`: writes what is made of other files of the checkout. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATED, generatedSource } from './client/generated-source.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
writeFileSync(join(root, GENERATED), await generatedSource(root));
process.stdout.write(`wrote ${GENERATED}\n`);
