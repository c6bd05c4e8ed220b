import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { utf8 } from '@jitos/testkit/world/make-ops.ts';
import { encodeValue, type Value } from '../bytes/value.ts';
import { contentNode, keyedNode, keyedNodeId } from '../graph/element.ts';
import { fieldTester, type Bound, type FieldTest } from './field-test.ts';

const KEY = utf8('key');
const ID = keyedNodeId('k', KEY, sha256);

function passes(value: Value, asked: FieldTest): boolean {
  const node = keyedNode(ID, 'k', KEY, [{ name: 'f', value: encodeValue(value) }], sha256);
  return fieldTester([asked])(node);
}

function bound(value: Value, isIncluded: boolean): Bound {
  return { value: encodeValue(value), isIncluded };
}

const between = (from: Bound | null, to: Bound | null): FieldTest => ({ field: 'f', test: 'range', from, to });

test('numbers have one order, whole or not, however large', () => {
  const big = 2n ** 63n;
  const numbers: readonly Value[] = [-big, -(2 ** 53) + 1, -1.5, -1, 0, 0.5, 1, 2 ** 53 - 1, 2n ** 53n, big];
  for (const [i, low] of numbers.entries()) {
    for (const [j, high] of numbers.entries()) {
      assert.equal(passes(high, between(bound(low, true), null)), j >= i);
      assert.equal(passes(high, between(bound(low, false), null)), j > i);
      assert.equal(passes(low, between(null, bound(high, true))), i <= j);
      assert.equal(passes(low, between(null, bound(high, false))), i < j);
    }
  }
});

test('text has the order of its UTF-8', () => {
  const texts = ['', 'a', 'ab', 'b', 'é', '\uffff', '\u{10000}', '\u{10001}'];
  for (const [i, low] of texts.entries()) {
    for (const [j, high] of texts.entries()) {
      assert.equal(passes(high, between(bound(low, false), null)), j > i, `${high} above ${low}`);
      assert.equal(passes(high, { field: 'f', test: 'prefix', text: low }), high.startsWith(low));
    }
  }
});

test('what has no order passes no bound, and what is not there passes nothing', () => {
  for (const value of [true, { $bytes: utf8('x') }, [1], new Map([['a', 1]])] satisfies readonly Value[]) {
    assert.equal(passes(value, between(bound(0, true), null)), false);
    assert.equal(passes(value, between(null, bound('z', true))), false);
    assert.equal(passes(value, { field: 'f', test: 'prefix', text: '' }), false);
    assert.equal(passes(value, { field: 'f', test: 'equals', value: encodeValue(value) }), true);
  }
  assert.equal(passes(1, between(bound('a', true), null)), false);
  assert.equal(passes('a', between(bound(1, true), null)), false);
  assert.equal(passes(1, { field: 'other', test: 'equals', value: encodeValue(1) }), false);
  const tester = fieldTester([{ field: 'f', test: 'equals', value: encodeValue(1) }]);
  assert.equal(tester(contentNode('k', null, sha256)), false);
  assert.equal(fieldTester([])(contentNode('k', null, sha256)), true);
});
