import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typedPlace } from './typed-places.ts';

test('a place is told as what was typed for it, and what lies inside it keeps its path', () => {
  const places = { 'page.first': '--first', 'rewrite.ops': 'ops.json', 'input.meta': '--meta', view: '--view' };
  assert.equal(typedPlace('page.first', places), '--first');
  assert.equal(typedPlace('rewrite.ops[0].data.kind', places), 'ops.json[0].data.kind');
  assert.equal(typedPlace('input.meta.who', places), '--meta.who');
});

test('of two places that hold it the inner one counts', () => {
  const places = { 'input.meta': '--meta', 'input.meta.requestId': '--request-id' };
  assert.equal(typedPlace('input.meta.requestId', places), '--request-id');
});

test('what was not typed keeps its name, however alike it begins', () => {
  assert.equal(typedPlace('world lab', { world: '--world' }), 'world lab');
  assert.equal(typedPlace('viewer', { view: '--view' }), 'viewer');
  assert.equal(typedPlace('', { view: '--view' }), '');
});
