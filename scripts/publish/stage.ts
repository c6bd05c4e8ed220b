/**
 * The packages as they are published: JavaScript, declarations and a manifest that names them, each in a folder of its own
 * from which `npm pack` and `npm publish` work.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles } from '../list-files.ts';
import { emitJavaScript, nameJavaScript } from './emit.ts';

export const PUBLISHED = ['kernel', 'client', 'daemon'] as const;
export type PublishedName = (typeof PUBLISHED)[number];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** What a package's programs start. */
const PROGRAMS: Readonly<Record<string, string>> = { jitosctl: 'cli/main', jitosd: 'main' };
const NODE_MIN = '>=24.12';

/** Stages all of them into `into`, emptied before; where each lies. */
export function stage(root: string, into: string): Readonly<Record<PublishedName, string>> {
  // The declarations are the compiler's own.
  run('tsc', ['-b'], root);
  rmSync(into, { recursive: true, force: true });
  const folders = PUBLISHED.map((name) => [name, stagePackage(root, name, join(into, name))] as const);
  return Object.fromEntries(folders) as Record<PublishedName, string>; // one of each
}

function stagePackage(root: string, name: PublishedName, folder: string): string {
  const home = `packages/${name}`;
  for (const path of listFiles(root, `${home}/src/*`)) {
    if (!/\.(?:test|fuzz)\.ts$/.test(path)) stageFile(root, path, home, folder);
  }
  // As it stands in the checkout, without what only the checkout needs.
  const manifest = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8')) as Manifest; // npm reads it, too
  write(join(folder, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  for (const program of Object.keys(manifest.bin ?? {})) {
    write(join(folder, 'bin', `${program}.js`), `#!/usr/bin/env node\nimport '../lib/${PROGRAMS[program]}.js';\n`);
  }
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const readme = join(root, home, 'README.md');
  if (existsSync(readme)) cpSync(readme, join(folder, 'README.md'));
  return folder;
}

function stageFile(root: string, path: string, home: string, folder: string): void {
  const place = path.slice(`${home}/src/`.length);
  const source = join(root, path);
  const target = join(folder, 'lib', place);
  if (!path.endsWith('.ts')) {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
    return;
  }
  const declarations = readFileSync(join(root, home, 'types', place.replace(/\.ts$/, '.d.ts')), 'utf8');
  write(target.replace(/\.ts$/, '.js'), emitJavaScript(readFileSync(source, 'utf8')));
  write(target.replace(/\.ts$/, '.d.ts'), nameJavaScript(declarations));
}

function publishedManifest({ exports, bin, ...rest }: Manifest): object {
  const entries = Object.entries(exports).filter(([entry]) => !entry.includes('*'));
  const programs = Object.keys(bin ?? {}).map((program): [string, string] => [program, `bin/${program}.js`]);
  const { private: _, ...told } = rest as Manifest & { readonly private?: boolean }; // as the checkout has it
  return {
    ...told,
    exports: Object.fromEntries(entries.map(([entry, path]) => [entry, targetsOf(path)])),
    ...(programs.length === 0 ? {} : { bin: Object.fromEntries(programs), engines: { node: NODE_MIN } }),
    files: ['lib', ...(programs.length === 0 ? [] : ['bin'])],
  };
}

/** `./src/index.ts` → where its JavaScript and its declarations lie. */
function targetsOf(path: string): object {
  const base = path.replace(/^\.\/src\//, './lib/').replace(/\.ts$/, '');
  return { types: `${base}.d.ts`, default: `${base}.js` };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: path.includes('/bin/') ? 0o755 : 0o644 });
}

/** Packs what was staged in `folder` into a tarball in `into`; its path. */
export function pack(folder: string, into: string): string {
  const told = run('npm', ['pack', '--json', '--pack-destination', into], folder);
  const [tarball] = JSON.parse(told) as readonly { readonly filename: string }[]; // as `npm pack --json` documents
  if (tarball === undefined) throw new Error(`npm packed nothing: ${told}`);
  return join(into, tarball.filename);
}

function run(program: string, args: readonly string[], workingDir: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: workingDir, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}
