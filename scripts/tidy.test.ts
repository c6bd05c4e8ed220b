import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deadFiles } from './tidy/dead-files.ts';
import { docsRules } from './tidy/docs-rules.ts';
import { importRules } from './tidy/import-rules.ts';
import { kernelRules } from './tidy/kernel-rules.ts';
import { makeSource, type Rule, type Tree } from './tidy/source.ts';
import { machinePathRule, textRules } from './tidy/text-rules.ts';

type Files = Readonly<Record<string, string>>;

/** The packages that the samples lie in. */
const PACKAGES: Files = {
  'package.json': JSON.stringify({
    name: 'jitos',
    scripts: { bench: 'node bench/run.ts' },
    devDependencies: { law: '1' },
  }),
  'bench/run.ts': "const folder = new URL('./benches/', import.meta.url);",
  ...Object.fromEntries(
    ['kernel', 'client', 'daemon', 'testkit'].flatMap((name) => [
      [`packages/${name}/package.json`, manifest(`@jitos/${name}`)],
      [`packages/${name}/src/index.ts`, ''],
      [`packages/${name}/src/main.ts`, ''],
    ]),
  ),
};

/** Docs without a fault. */
const DOCS: Files = {
  'ARCHITECTURE.md': 'Everything starts in `packages/kernel`.',
  'docs/errors.md': '| reason | meaning |\n| --- | --- |\n| `KEY_INVALID` | a key |\n\n### `LOG_FULL`\n',
  'docs/glossary.md': '| term | meaning |\n| --- | --- |\n| world | one history |\n| node, edge | elements |\n',
  'packages/kernel/src/refusal.ts': "export type RefusalReason =\n  | 'KEY_INVALID';\nconst other = 'NOT_A_REASON';",
  'packages/daemon/src/errors/registry.ts':
    "type Family = 'INTERNAL';\nexport type EdgeReason = 'LOG_FULL';\nexport type AccessReason = never;",
};

function manifest(name: string): string {
  const exports = { '.': './src/index.ts', './*': './src/*' };
  return JSON.stringify({ name, exports, bin: { main: './src/main.ts' }, dependencies: { pino: '1' } });
}

function treeOf(files: Files): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, makeSource(path, text)]));
}

/** What a rule says of the files, as `path:line why`. */
function said(rule: Rule, files: Files): string[] {
  return rule(treeOf(files)).map(({ path, line, why }) => `${path}:${line} ${why}`);
}

/** Sees the rule find one fault in the file, with a reason that matches. */
function assertRefused(rule: Rule, path: string, text: string, why: RegExp, around: Files = {}): void {
  const problems = said(rule, { ...around, [path]: text });
  assert.equal(problems.length, 1, `${path}: ${text}\n${problems.join('\n')}`);
  assert.match(problems[0] ?? '', why);
}

function assertAccepted(rule: Rule, path: string, text: string, around: Files = {}): void {
  assert.deepEqual(said(rule, { ...around, [path]: text }), []);
}

describe('code without comments and strings', () => {
  const codeOf = (text: string): string => makeSource('x.ts', text).code;

  test('keeps offsets and lines', () => {
    const text = "a('b\\'c'); // d\n/* e\nf */ `g${h + `i${'j'}`}k` + /l'[/]m/g.test(n) / o; p = q / r / s;";
    const code = codeOf(text);
    assert.equal(code.length, text.length);
    assert.equal(code.replaceAll(' ', ''), "a('');\n\n`${h+`${''}`}`+//g.test(n)/o;p=q/r/s;");
  });

  test('lets no unfinished string, comment or template run for ever', () => {
    for (const text of ["'abc\nd", '/* abc', '`abc ${d', '`abc', '/abc\nd', '// abc']) {
      assert.equal(codeOf(text).length, text.length);
    }
  });

  test('an object inside a template does not end it early', () => {
    assert.equal(codeOf('`${f({ a: { b } })} await` + c').replaceAll(' ', ''), '`${f({a:{b}})}`+c');
  });
});

describe('the kernel', () => {
  const path = 'packages/kernel/src/trie/trie.ts';

  test('may not wait, ask the host, or leave an order open', () => {
    for (const [text, why] of [
      ['const a = await b;', /never waits/],
      ['async function a() {}', /never waits/],
      ['const a = new Date();', /time/],
      ['const a = performance.now();', /time/],
      ['setTimeout(a);', /time/],
      ['const a = Math.random();', /entropy/],
      ['process.exit();', /host/],
      ['const a = b.localeCompare(c);', /locale/],
      ['const a = b.sort();', /comparator/],
      ['const a = b.toSorted( );', /comparator/],
      ['for (const a in b) c(a);', /order of keys/],
      ['for (const a of Object.keys(b)) c(a);', /order of keys/],
      ['const a = Object.entries(b);', /order of keys/],
    ] as const) {
      assertRefused(kernelRules, path, text, why);
    }
  });

  test('may use the same words in prose and names, and say that an order is fixed', () => {
    assertAccepted(kernelRules, path, "/** The Date of a process. */\nconst updateDate = 'await Date in Object.keys';");
    assertAccepted(kernelRules, path, 'Object.keys(a).length; // tidy: ordered: only counted');
    assertAccepted(kernelRules, path, 'a.sort((b, c) => b - c); for (const d of new Map()) e(d in f);');
  });

  test('is meant, its tests and other packages are not', () => {
    assertAccepted(kernelRules, 'packages/kernel/src/trie/trie.test.ts', 'await a;');
    assertAccepted(kernelRules, 'packages/daemon/src/main.ts', 'await a;');
  });
});

describe('imports', () => {
  const refused = (path: string, specifier: string, why: RegExp): void =>
    assertRefused(importRules, path, `import type { A } from '${specifier}';`, why, PACKAGES);
  const accepted = (path: string, specifier: string): void =>
    assertAccepted(importRules, path, `import type { A } from '${specifier}';`, PACKAGES);

  test('go from package to package one way', () => {
    refused('packages/kernel/src/world.ts', '@jitos/daemon', /@jitos\/kernel may not import @jitos\/daemon/);
    refused('packages/client/src/client.ts', '@jitos/daemon/main.ts', /may not import/);
    accepted('packages/daemon/src/ports/log.ts', '@jitos/kernel');
    accepted('bench/run.ts', '@jitos/daemon/main.ts');
  });

  test('reach testkit from tests, benches and simulations only', () => {
    refused('packages/daemon/src/main.ts', '@jitos/testkit', /only tests/);
    accepted('packages/kernel/src/world.test.ts', '@jitos/testkit');
    accepted('packages/testkit/src/a.ts', '@jitos/testkit/b.ts');
    accepted('bench/run.ts', '@jitos/testkit');
  });

  test('cross from package to package by name, and never go through their own index', () => {
    refused('packages/daemon/src/main.ts', '../../kernel/src/main.ts', /import it by name/);
    refused('packages/kernel/src/world.ts', './index.ts', /its own index/);
  });

  test('go from left to right through the rooms of the kernel', () => {
    refused('packages/kernel/src/trie/trie.ts', '../graph/graph.ts', /trie may not import graph/);
    refused('packages/kernel/src/graph/graph.ts', '../world.ts', /graph may not import world\.ts/);
    refused('packages/kernel/src/refusal.ts', './bytes/value.ts', /refusal\.ts may not import bytes/);
    refused('packages/kernel/src/attic/box.ts', '../bytes/value.ts', /attic has no place/);
    for (const specifier of ['../bytes/value.ts', './element.ts', '../assert.ts', '../refusal.ts']) {
      accepted('packages/kernel/src/graph/graph.ts', specifier);
    }
    accepted('packages/kernel/src/decide.ts', './grant/grant.ts');
    accepted('packages/kernel/src/trie/trie.test.ts', '../graph/graph.ts');
  });

  test('go one way through the folders of the daemon', () => {
    refused('packages/daemon/src/ports/log.ts', '../errors/failure.ts', /ports may not import errors/);
    refused('packages/daemon/src/engine/loop.ts', '../planes/git.ts', /engine may not import planes/);
    accepted('packages/daemon/src/engine/host.ts', '../logs/file/file-log.ts');
    refused('packages/daemon/src/planes/git.ts', '../servers/http.ts', /planes may not import servers/);
    refused('packages/daemon/src/cli/main.ts', '../main.ts', /cli may not import main\.ts/);
    accepted('packages/daemon/src/cli/main.ts', '../logs/file/file-log.ts');
    accepted('packages/daemon/src/main.ts', './servers/http.ts');
  });

  test('name only declared dependencies, and no Node where there may be none', () => {
    refused('packages/kernel/src/world.ts', 'node:crypto', /no node:crypto/);
    refused('packages/daemon/src/main.ts', 'law', /law is not among the dependencies of @jitos\/daemon/);
    accepted('packages/daemon/src/main.ts', 'node:fs');
    accepted('packages/daemon/src/main.ts', 'pino/file');
    accepted('packages/daemon/src/main.test.ts', 'law');
    accepted('packages/kernel/src/world.test.ts', 'node:crypto');
  });

  test('are found however they are written', () => {
    for (const text of [
      "import {\n  a,\n} from 'foreign';",
      "export * from 'foreign';",
      "import 'foreign';",
      "const a = await import('foreign');",
      "type A = import('foreign').A;",
      "const a = import.meta.resolve('foreign');",
    ]) {
      assertRefused(importRules, 'packages/daemon/src/main.ts', text, /foreign is not among/, PACKAGES);
    }
    assertAccepted(importRules, 'packages/daemon/src/main.ts', "a(\"import 'b'\"); Buffer.from('c');", PACKAGES);
  });
});

describe('dead files', () => {
  const path = 'packages/daemon/src/attic.ts';

  test('are sources that no entry leads to, but for tests', () => {
    assertRefused(deadFiles, path, '', /dead file/, PACKAGES);
    const tested = { ...PACKAGES, 'packages/daemon/src/attic.test.ts': "import './attic.ts';" };
    assertRefused(deadFiles, path, '', /dead file/, tested);
  });

  test('are none that an entry, a folder of it, a path or, for testkit, a test leads to', () => {
    assertAccepted(deadFiles, path, '', { ...PACKAGES, 'packages/daemon/src/main.ts': "import './attic.ts';" });
    assertAccepted(deadFiles, path, '', { ...PACKAGES, 'packages/daemon/src/main.ts': "fork('./attic.ts');" });
    assertAccepted(deadFiles, 'bench/benches/log.ts', '', PACKAGES);
    const page = { ...PACKAGES, 'packages/daemon/src/a.html': '<script type="module" src="/b.mjs"></script>' };
    assertAccepted(deadFiles, 'packages/daemon/src/b.mjs', '', page);
    const tested = { ...PACKAGES, 'packages/kernel/src/a.test.ts': "import '@jitos/testkit/suite.ts';" };
    assertAccepted(deadFiles, 'packages/testkit/src/suite.ts', '', tested);
  });

  test('an entry that is not there is said', () => {
    const manifestOf = { 'package.json': JSON.stringify({ name: 'a', scripts: { start: 'exec node src/a.ts --b' } }) };
    assert.deepEqual(said(deadFiles, manifestOf), ['package.json:1 names src/a.ts, which does not exist']);
  });
});

describe('text', () => {
  const path = 'packages/daemon/src/main.ts';

  test('names no folder of a machine', () => {
    const rule = machinePathRule('/srv/checkout');
    for (const folder of ['home/ada/x', 'root/x', 'Users/ada', 'srv/checkout/x']) {
      assertRefused(rule, 'docs/a.md', `see /${folder}`, /one machine/);
    }
    assertAccepted(rule, 'docs/a.md', 'see src/home/ada, /usr/bin, /srv/checkouts and https://a.example/home/');
  });

  test('names no registry in a lockfile', () => {
    const scheme = 'https:';
    assertRefused(textRules, 'package-lock.json', `"resolved": "${scheme}//a.example/"`, /no registry/);
    assertAccepted(textRules, 'package-lock.json', '"resolved": "packages/kernel"');
  });

  test('keeps to 600 lines, except in tests', () => {
    assertRefused(textRules, path, 'a;\n'.repeat(601), /601 lines/);
    assertAccepted(textRules, path, 'a;\n'.repeat(600));
    assertAccepted(textRules, 'packages/daemon/src/main.test.ts', 'a;\n'.repeat(601));
  });

  test('has kebab-case names, no marks of unfinished work, no focused tests', () => {
    assertRefused(textRules, 'bench/fileLog.ts', '', /kebab-case/);
    for (const [head, tail] of ['TO-DO', 'FIX-ME', 'XX-X'].map((mark) => mark.split('-'))) {
      assertRefused(textRules, path, `// ${head}${tail}: later`, /finish it/);
    }
    for (const text of ["test.only('a');", "describe.skip('a');", "test('a', { only: true });"]) {
      assertRefused(textRules, 'bench/a.test.ts', text, /proves nothing/);
    }
    assertAccepted(textRules, 'bench/a.test.ts', "test('skips', () => list.skipped());");
  });

  test('gives a reason beside each `as`', () => {
    assertRefused(textRules, path, 'const a = 1;\nconst b = a as B;', /:2 .*says why/);
    for (const text of [
      'const b = a as B; // it was checked above',
      'const b = f(a) as {\n  readonly c: 1;\n}; // our own',
      '// It was checked above.\nconst b = f(\n  a as B,\n);',
      'const b = [1] as const;',
      "import { a as b } from 'c';\nexport { a as d };\nexport * as e from 'f';",
    ]) {
      assertAccepted(textRules, path, text);
    }
  });
});

describe('docs', () => {
  test('without a fault pass', () => assert.deepEqual(said(docsRules, { ...PACKAGES, ...DOCS }), []));

  test('tell of every reason and of no other', () => {
    const around = { ...PACKAGES, ...DOCS };
    assertRefused(
      docsRules,
      'docs/errors.md',
      '### `KEY_INVALID`',
      /registry\.ts:2 .*says nothing of LOG_FULL/,
      around,
    );
    const more = `${DOCS['docs/errors.md']}\n## \`GONE\`\n`;
    assertRefused(docsRules, 'docs/errors.md', more, /no reason is called GONE/, around);
    const twice = "export type EdgeReason = 'LOG_FULL';";
    assertRefused(docsRules, 'packages/daemon/src/errors/other.ts', twice, /2 types are called EdgeReason/, around);
  });

  test('link to what is there', () => {
    const around = { ...PACKAGES, ...DOCS };
    assertRefused(docsRules, 'docs/a.md', 'See [b](b.md).', /links to b\.md/, around);
    const good = '[a](#a) [b](errors.md#log_full) [c](../packages/kernel/) [d](https://a.example) `[e](f.md)`';
    assertAccepted(docsRules, 'docs/a.md', good, around);
  });

  test('give each word one meaning, and name packages that exist', () => {
    const around = { ...PACKAGES, ...DOCS };
    const glossary = `${DOCS['docs/glossary.md']}| Edge | an end |\n`;
    assertRefused(docsRules, 'docs/glossary.md', glossary, /'edge' has a meaning already/, around);
    assertRefused(docsRules, 'ARCHITECTURE.md', 'packages/attic', /packages\/attic is no package/, around);
  });

  test('have to be there', () => {
    const files = { ...PACKAGES, ...DOCS };
    for (const path of ['ARCHITECTURE.md', 'docs/errors.md', 'docs/glossary.md'] as const) {
      const { [path]: _, ...rest } = files;
      assert.deepEqual(said(docsRules, rest), [`${path}:1 does not exist`]);
    }
  });
});

test('the command prints each problem and ends with status 1, and with 0 when there is none', () => {
  const root = mkdtempSync(join(tmpdir(), 'jitos-tidy-'));
  try {
    const scripts = fileURLToPath(new URL('.', import.meta.url));
    mkdirSync(join(root, 'scripts'));
    for (const name of ['tidy.ts', 'list-files.ts']) copyFileSync(join(scripts, name), join(root, 'scripts', name));
    cpSync(join(scripts, 'tidy'), join(root, 'scripts/tidy'), { recursive: true });
    for (const [path, text] of Object.entries({
      ...DOCS,
      'ARCHITECTURE.md': '',
      'package.json': JSON.stringify({
        name: 'jitos',
        type: 'module',
        bin: { a: 'packages/kernel/src/refusal.ts', b: 'packages/daemon/src/errors/registry.ts' },
        scripts: { tidy: 'node scripts/tidy.ts' },
      }),
    })) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const run = (program: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(program, args, { cwd: root, encoding: 'utf8' });
    run('git', 'init', '--quiet');
    const good = run(process.execPath, 'scripts/tidy.ts');
    assert.deepEqual([good.stdout, good.status], ['', 0], good.stderr);
    writeFileSync(join(root, 'scripts/attic.ts'), '');
    const bad = run(process.execPath, 'scripts/tidy.ts');
    assert.equal(bad.stdout, 'scripts/attic.ts:1 nothing that runs imports it: a dead file\n');
    assert.equal(bad.status, 1);
  } finally {
    rmSync(root, { recursive: true });
  }
});
