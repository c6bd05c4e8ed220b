import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { encodeValue } from '@jitos/kernel';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyValue } from '@jitos/testkit/kernel/values.ts';
import { Failure } from '../../errors/failure.ts';
import { checkSize, encodedFromJson, encodedToJson } from './json-value.ts';

/** The two names that stand for what JSON has not: no value that came by this API has them as keys. */
const TAKEN = /\$(?:bytes|int)/;

law('every canonical value comes back from JSON text', {
  inputs: anyValue({ nullAllowed: true })
    .map((value) => encodeValue(value))
    .filter((encoded) => !TAKEN.test(encoded)),
  runs: 2000,
  holds: (encoded) => {
    const json: unknown = JSON.parse(JSON.stringify(encodedToJson(encoded)));
    assert.equal(encodedFromJson(json, ''), encoded);
  },
});

law('any JSON is kept as it is, or refused', {
  inputs: fc.json({ stringUnit: 'binary' }),
  runs: 1000,
  holds: (text) => {
    const json: unknown = JSON.parse(text);
    try {
      // Negative zero has no canonical form of its own.
      assert.deepEqual(
        encodedToJson(encodedFromJson(json, '')),
        JSON.parse(text.replaceAll(/(?<![\d.e])-0(?![\d.e])/g, '0')),
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  },
});

law('no value is refused for its size that is not too large', {
  inputs: anyValue({ nullAllowed: true })
    .map((value) => encodeValue(value))
    .filter((encoded) => !TAKEN.test(encoded)),
  runs: 2000,
  holds: (encoded) => {
    checkSize(encodedToJson(encoded), '', { sizeBytesMax: encoded.length, reason: 'META_INVALID' });
    assert.ok(true);
  },
});
