import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyText } from '@jitos/testkit/kernel/values.ts';
import { bytesFrom } from './byte-string.ts';
import { readUtf8, utf8Bytes, utf8Size } from './utf8.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readByPlatform(source: Uint8Array): string | undefined {
  try {
    return strict.decode(source);
  } catch {
    return undefined;
  }
}

law('well-formed text is written as Buffer writes it, and comes back', {
  inputs: anyText,
  runs: 500,
  holds: (text) => {
    const bytes = utf8Bytes(text);
    assert.equal(bytes, Buffer.from(text, 'utf8').toString('latin1'));
    assert.equal(utf8Size(text), bytes.length);
    assert.equal(readUtf8(bytes, 0, bytes.length), text);
  },
});

law('text has a size if it is well-formed', {
  inputs: fc.string({
    unit: fc.constantFrom('a', 'é', '\ud800', '\udbff', '\udc00', '\udfff', '\ue000'),
    maxLength: 6,
  }),
  runs: 500,
  holds: (text) => {
    assert.equal(utf8Size(text), text.isWellFormed() ? Buffer.byteLength(text) : -1);
  },
});

/** Bytes that are often nearly UTF-8. */
const nearlyText = fc.oneof(
  fc.uint8Array({ maxLength: 6 }),
  fc.array(
    fc.constantFrom(0x00, 0x61, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
    { maxLength: 6 },
  ),
);

law('bytes are read or refused as the strict TextDecoder does', {
  inputs: nearlyText,
  runs: 3000,
  holds: (bytes) => {
    const source = Uint8Array.from(bytes);
    const text = readUtf8(bytesFrom(source), 0, source.length);
    const expected = readByPlatform(source);
    if (expected !== undefined) return assert.equal(text, expected);
    assert.equal(typeof text, 'number');
    const good = source.subarray(0, Number(text));
    assert.notEqual(readByPlatform(good), undefined, 'what stands before the reported offset is UTF-8');
  },
});
