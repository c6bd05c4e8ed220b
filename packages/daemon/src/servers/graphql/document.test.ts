import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../errors/failure.ts';
import { DocumentInvalid, Documents, TOKENS_MAX } from './document.ts';
import { createSurfaceV0 } from './schema.ts';

const documents = new Documents(createSurfaceV0());

function reason(text: string, operationName: string | null = null): string {
  try {
    documents.plan(text, operationName, {});
  } catch (error) {
    if (error instanceof Failure) return error.reason;
    if (error instanceof DocumentInvalid) return `invalid: ${error.errors.length}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

const TWO = `query A { kernelInfo { ...K } }
query B { listSws { id } }
fragment K on KernelInfo { version }`;

test('one operation is run, and its text stands where it stood', () => {
  const a = documents.plan(TWO, 'A', {}).planned;
  assert.equal(a.text, `query A { kernelInfo { ...K } }\n${' '.repeat(26)}\nfragment K on KernelInfo { version }`);
  const b = documents.plan(TWO, 'B', {}).planned;
  assert.equal(b.text, `${' '.repeat(31)}\nquery B { listSws { id } }\n${' '.repeat(36)}`);
  assert.equal(b.document.definitions.length, 1);
});

test('the operation must be named where there are several, and exist', () => {
  assert.equal(reason(TWO), 'GRAPHQL_INVALID');
  assert.equal(reason(TWO, 'C'), 'GRAPHQL_INVALID');
  assert.equal(reason('{ kernelInfo { version } }', ''), 'GRAPHQL_INVALID');
  assert.equal(reason('fragment K on KernelInfo { version }'), 'GRAPHQL_INVALID');
});

test('a plan is kept and found again; a long document is not kept', () => {
  const query = '{ kernelInfo { policyId } }';
  assert.equal(documents.plan(query, null, {}).planned, documents.plan(query, null, {}).planned);
  const long = `${query} #${'x'.repeat(2048)}`;
  assert.notEqual(documents.plan(long, null, {}).planned, documents.plan(long, null, {}).planned);
});

test('a name can not be mistaken for a part of the text', () => {
  documents.plan('query A { kernelInfo { version } }', 'A', {});
  assert.equal(reason('query A { kernelInfo { version } }', ''), 'GRAPHQL_INVALID');
  assert.equal(reason('kernelInfo { version } }', 'A\0query A {'), 'GRAPHQL_INVALID');
});

test('a document that does not parse is refused with the place', () => {
  for (const text of ['', '{', '{ a', 'query', '{ kernelInfo { version } } }', '{ a(x: "']) {
    assert.equal(reason(text), 'GRAPHQL_INVALID', text);
  }
  assert.throws(() => documents.plan('{\n  kernelInfo {', null, {}), { place: 'query:2:15' });
});

test('tokens and nesting are bounded while parsing', () => {
  assert.equal(reason(`{ ${'a '.repeat(TOKENS_MAX)} }`), 'QUERY_TOO_LARGE');
  assert.equal(reason('{ a(x: '.concat('['.repeat(9000), ']'.repeat(9000), ') }')), 'QUERY_TOO_DEEP');
  assert.equal(reason('{a'.repeat(9000).concat('}'.repeat(9000))), 'QUERY_TOO_DEEP');
});

test('rings of fragments and unknown fields are found by validation', () => {
  assert.equal(reason('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), 'invalid: 1');
  assert.equal(reason('{ nothing }'), 'invalid: 1');
  assert.equal(reason(`{ ${Array.from({ length: 50 }, (_, i) => `n${i}`).join(' ')} }`), 'invalid: 11');
});

test('a thousand aliases of one name are judged in no time', () => {
  const start = performance.now();
  assert.match(
    reason(`{ ${'a: kernelInfo { version } '.repeat(3000)} ${'a: kernelInfo { policyId } '.repeat(500)} }`),
    /invalid|QUERY_TOO_LARGE/,
  );
  assert.ok(performance.now() - start < 5000);
});
