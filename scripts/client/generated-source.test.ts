import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateTypes } from './generate-types.ts';
import { GENERATED, generatedSource } from './generated-source.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

test('what the client asks is what its operations and the schema say: else `npm run generate`', async () => {
  assert.equal(readFileSync(join(root, GENERATED), 'utf8'), await generatedSource(root));
});

const SDL = `
  enum Size { SMALL LARGE }
  input Wish { size: Size! = SMALL, names: [String!], at: ID! }
  type Thing { id: ID!, size: Size, parts: [Thing!]! }
  type Query { find(wish: Wish!): Thing }
`;

test('types say what may be null or left out', () => {
  const source = generateTypes(
    SDL,
    'fragment Part on Thing { id } query find($wish: Wish!) { found: find(wish: $wish) { size parts { ...Part } } }',
  );
  assert.match(
    source,
    /readonly found: \{ readonly size: Size \| null; readonly parts: readonly \(Part\)\[\] \} \| null/,
  );
  assert.match(
    source,
    /interface Wish \{ readonly size\?: Size \| null \| undefined; readonly names\?: readonly string\[\] \| null \| undefined; readonly at: string \}/,
  );
  assert.match(source, /interface FindVariables \{ readonly wish: Wish \}/);
  assert.match(
    source,
    /text: 'query find\(\$wish:Wish!\)\{found:find\(wish:\$wish\)\{size parts\{\.\.\.Part\}\}\}fragment Part on Thing\{id\}'/,
  );
});

test('an operation that the schema does not answer makes nothing', () => {
  assert.throws(() => generateTypes(SDL, 'query find { lost }'), /Cannot query field "lost"/);
  assert.throws(
    () =>
      generateTypes(
        `${SDL} scalar Odd extend type Thing { odd: Odd }`,
        'query q($w: Wish!) { find(wish: $w) { odd } }',
      ),
    /no type stands for the scalar Odd/,
  );
});
