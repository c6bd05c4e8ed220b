/**
 * `npm run stage`: puts the packages into `dist/npm`, ready for `npm publish` in each of its folders; with `--pack`, into tarballs
 * beside them. It publishes nothing.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack, stage } from './publish/stage.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const into = join(root, 'dist', 'npm');
for (const [name, folder] of Object.entries(stage(root, into))) {
  process.stdout.write(`@jitos/${name}: ${relative(root, folder)}\n`);
  if (!process.argv.includes('--pack')) continue;
  const tarballs = join(root, 'dist', 'tarballs');
  mkdirSync(tarballs, { recursive: true });
  process.stdout.write(`  ${relative(root, pack(folder, tarballs))}\n`);
}
