import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { BODIES_SIZE_BYTES_MAX, BodyBudget } from './body-budget.ts';

const LIMIT = 16_777_216;

function reserve(budget: BodyBudget, headers: IncomingMessage['headers']): { refused: boolean; end: () => void } {
  const response = new EventEmitter();
  const failure = budget.reserve({ headers } as IncomingMessage, response as ServerResponse, LIMIT);
  assert.ok(failure === undefined || failure.reason === 'OVERLOADED');
  return { refused: failure !== undefined, end: () => response.emit('close') };
}

test('bodies are taken until they fill the budget, and again when one has ended', () => {
  const budget = new BodyBudget();
  const large = { 'content-length': String(LIMIT) };
  const taken = Array.from({ length: BODIES_SIZE_BYTES_MAX / LIMIT }, () => reserve(budget, large));
  assert.ok(taken.every(({ refused }) => !refused));
  assert.equal(reserve(budget, large).refused, true);
  assert.equal(reserve(budget, { 'content-length': '1000' }).refused, false);
  taken[0]?.end();
  assert.equal(reserve(budget, large).refused, false);
  assert.equal(reserve(budget, { 'content-length': '65536' }).refused, true);
});

test('a body of unknown length counts as the largest, one that says too much no more than that', () => {
  const budget = new BodyBudget();
  const count = BODIES_SIZE_BYTES_MAX / LIMIT;
  for (let i = 0; i < count; i++) {
    const headers = i % 2 === 0 ? { 'transfer-encoding': 'chunked' } : { 'content-length': '999999999999' };
    assert.equal(reserve(budget, headers).refused, false);
  }
  assert.equal(reserve(budget, { 'transfer-encoding': 'chunked' }).refused, true);
});
