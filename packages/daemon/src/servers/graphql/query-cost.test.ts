import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import { Failure } from '../../errors/failure.ts';
import { countCost, NAMES_SIZE_BYTES_MAX, type QueryCost } from './query-cost.ts';
import { createSurfaceV0 } from './schema.ts';

const surface = createSurfaceV0();

function cost(text: string, variables: Readonly<Record<string, unknown>> = {}): QueryCost {
  const { definitions } = parse(text);
  const operation = definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('no operation');
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  const fragmentByName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  return countCost({ surface, operation, fragmentByName, variables });
}

function elements(text: string, variables?: Readonly<Record<string, unknown>>): number {
  return cost(text, variables).elements;
}

function refusal(text: string, variables?: Readonly<Record<string, unknown>>): string {
  try {
    cost(text, variables);
  } catch (error) {
    if (error instanceof Failure) return error.reason;
    throw error;
  }
  throw new Error('nothing was refused');
}

const SYSTEM = 'view: {kind: SYSTEM}';

test('a page counts what it may hold, only if it is asked for, and as often', () => {
  assert.equal(elements('{ kernelInfo { version } }'), 1);
  assert.equal(elements(`{ graph(${SYSTEM}) { digest } }`), 1);
  assert.equal(elements(`{ graph(${SYSTEM}) { nodes { nodes { id } } } }`), 201);
  assert.equal(elements(`{ graph(${SYSTEM}, nodesPage: {first: 5}) { nodes { nodes { id } } } }`), 6);
  assert.equal(elements(`{ graph(${SYSTEM}, nodesPage: {first: 5}) { edges { edges { id } } } }`), 201);
  assert.equal(
    elements(`{ graph(${SYSTEM}, nodesPage: {first: 5}) { a: nodes { nodes { id } } b: nodes { nodes { id } } } }`),
    11,
  );
  assert.equal(elements(`{ rewrites(${SYSTEM}, page: {first: 7}) { idx } listSws(page: {}) { id } }`), 1 + 7 + 1 + 200);
  assert.equal(elements('mutation { createSws { sws { id } } other: createSws { sws { id } } }'), 2);
});

test('a list that arguments do not bound counts as many as it may hold', () => {
  const batch = (fields: string): string => `mutation { collapseBatch(input: {swsIds: [0]}) { ${fields} } }`;
  assert.equal(elements(batch('id')), 1);
  assert.equal(elements(batch('entries { swsId }')), 1001);
  const aliases = Array.from({ length: 20 }, (_, i) => `a${i}: entries { swsId }`).join(' ');
  assert.equal(refusal(batch(aliases)), 'QUERY_TOO_LARGE');
});

test('a `first` that the resolver will refuse counts as one', () => {
  for (const first of [0, -5, 1001, 999_999]) assert.equal(elements(`{ listSws(page: {first: ${first}}) { id } }`), 2);
});

test('variables count, their defaults too, wherever they stand', () => {
  const first = 'query($n: Int = 9) { listSws(page: {first: $n}) { id } }';
  assert.equal(elements(first), 10);
  assert.equal(elements(first, { n: 50 }), 51);
  const page = 'query($p: PageInput = {first: 3}) { listSws(page: $p) { id } }';
  assert.equal(elements(page), 4);
  assert.equal(elements(page, { p: { first: 60 } }), 61);
  assert.equal(elements(page, { p: {} }), 201);
  assert.equal(elements('query($p: PageInput) { listSws(page: $p) { id } }', { p: null }), 201);
  assert.equal(cost(page).dependsOnVariables, true);
  assert.equal(cost('{ listSws { id } }').dependsOnVariables, false);
});

test('fragments count as often as they are spread', () => {
  const fragment = `fragment F on Query { listSws(page: {first: 10}) { id } }`;
  assert.equal(elements(`{ ...F } ${fragment}`), 11);
  assert.equal(elements(`{ ...F ...F ... on Query { ...F } } ${fragment}`), 33);
});

test('20,000 elements are taken, one more is not', () => {
  const pages = Array.from({ length: 20 }, (_, i) => `a${i}: listSws(page: {first: 999}) { id }`).join(' ');
  assert.equal(elements(`{ ${pages} }`), 20_000);
  assert.equal(refusal(`{ ${pages} kernelInfo { version } }`), 'QUERY_TOO_LARGE');
});

test('values are bounded as well: many aliases on a large page', () => {
  const ids = (count: number): string => Array.from({ length: count }, (_, i) => `a${i}: id`).join(' ');
  const query = (count: number): string =>
    `{ graph(${SYSTEM}, nodesPage: {first: 1000}) { nodes { nodes { ${ids(count)} } } } }`;
  assert.equal(elements(query(200)), 1001);
  assert.equal(refusal(query(201)), 'QUERY_TOO_LARGE');
});

test('copies of one JSON value are counted where they stand', () => {
  assert.equal(cost(`{ graph(${SYSTEM}) { nodes { nodes { id } } } }`).copies, 0);
  assert.equal(cost(`{ graph(${SYSTEM}) { nodes { nodes { data } } edges { edges { data } } } }`).copies, 1);
  assert.equal(
    cost(`{ graph(${SYSTEM}) { nodes { nodes { data b: data ...F } } } } fragment F on GraphNode { c: data }`).copies,
    3,
  );
  assert.equal(cost(`{ rewrites(${SYSTEM}) { ops meta } }`).copies, 1);
  assert.equal(cost(`{ a: node(${SYSTEM}, id: "x") { data } b: node(${SYSTEM}, id: "y") { data } }`).copies, 1);
});

test('15 levels are taken, 16 are not', () => {
  const nested = (levels: number): string =>
    `{ __schema { types ${'{ ofType '.repeat(levels - 3)}{ name }${' }'.repeat(levels - 3)} } }`;
  assert.equal(elements(nested(15)), 2000);
  assert.equal(refusal(nested(16)), 'QUERY_TOO_DEEP');
  const inline = (depth: number): string =>
    `{ ${'... { '.repeat(depth)} kernelInfo { version } ${'} '.repeat(depth)} }`;
  assert.equal(elements(inline(90)), 1);
  assert.equal(refusal(inline(120)), 'QUERY_TOO_DEEP');
});

test('introspection has its price', () => {
  assert.equal(elements('{ __schema { queryType { name } } __type(name: "Sws") { name } __typename }'), 2201);
  const many = Array.from({ length: 11 }, (_, i) => `a${i}: __schema { queryType { name } }`).join(' ');
  assert.equal(refusal(`{ ${many} }`), 'QUERY_TOO_LARGE');
});

test('fragments that multiply are given up on early, and rings are counted once', () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(
    '\n',
  );
  assert.equal(refusal(`{ ...F0 } ${doubling} fragment F40 on Query { __typename }`), 'QUERY_TOO_LARGE');
  assert.equal(
    elements('{ ...A } fragment A on Query { kernelInfo { version } ...B } fragment B on Query { ...A }'),
    1,
  );
  assert.equal(elements('{ ...Nowhere }'), 0);
});

test('names count as often as the answer repeats them', () => {
  const query = (length: number): string =>
    `{ graph(${SYSTEM}, nodesPage: {first: 1000}) { nodes { nodes { ${'a'.repeat(length)}: id } } } }`;
  assert.equal(elements(query(NAMES_SIZE_BYTES_MAX / 1024)), 1001);
  assert.equal(refusal(query(NAMES_SIZE_BYTES_MAX / 1000 + 1)), 'QUERY_TOO_LARGE');
});

test('no field answers under a name that every object has', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__']) {
    assert.equal(refusal(`{ ${name}: kernelInfo { version } }`), 'GRAPHQL_INVALID', name);
    assert.equal(refusal(`{ kernelInfo { ...F } } fragment F on KernelInfo { ${name}: version }`), 'GRAPHQL_INVALID');
    assert.equal(refusal(`{ ${name} }`), 'GRAPHQL_INVALID', name);
  }
  assert.equal(elements('{ __typename proto: kernelInfo { version } }'), 2);
});
