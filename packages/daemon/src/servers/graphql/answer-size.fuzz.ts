import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { fitsAsJson, jsonSizeBytesOf } from './answer-size.ts';

const text = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 2 }), fc.constantFrom('"', '\\', '\n', '\u0001', '\ud800')),
});
const leaf = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { value: anyJson } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5 }),
  ),
}));

function sizeBytesOf(json: unknown): number {
  return Buffer.byteLength(JSON.stringify(json), 'utf8');
}

law('what is said to fit does fit, and no value is longer than it is said to be', {
  inputs: fc.record({ json: anyJson, sizeBytesMax: fc.nat(400) }),
  runs: 2000,
  holds: ({ json, sizeBytesMax }) => {
    const sizeBytes = sizeBytesOf(json);
    assert.ok(jsonSizeBytesOf(json) >= sizeBytes);
    if (fitsAsJson(json, sizeBytesMax)) assert.ok(sizeBytes <= sizeBytesMax);
  },
});

law('texts and numbers are measured to the byte', {
  inputs: leaf.filter((json) => typeof json === 'number' || (typeof json === 'string' && json.isWellFormed())),
  runs: 2000,
  holds: (json) => {
    assert.equal(jsonSizeBytesOf(json), sizeBytesOf(json));
    assert.equal(fitsAsJson(json, sizeBytesOf(json)), true);
    assert.equal(fitsAsJson(json, sizeBytesOf(json) - 1), false);
  },
});
