import assert from 'node:assert/strict';
import { asyncLaw } from '@jitos/testkit/git/async-law.ts';
import * as fc from 'fast-check';
import { GitOutput } from './git-output.ts';

const NEWLINE = 0x0a;

function outputOf(chunks: readonly string[]): GitOutput {
  async function* arriving(): AsyncGenerator<Buffer, undefined> {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  }
  const fail = (): Error => new Error('the output ended');
  return new GitOutput(arriving(), { tooEarly: () => Promise.resolve(fail()), tooLong: fail });
}

const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', '\xff', '\0', '\n'), minLength: 1, maxLength: 6 }), {
  maxLength: 12,
});

asyncLaw('records are the same wherever the chunks are cut', {
  runs: 500,
  inputs: chunks,
  async holds(cut) {
    const output = outputOf(cut);
    const records = cut.join('').split('\n');
    for (const record of records.slice(0, -1)) assert.equal(await output.takeRecord(NEWLINE), record);
    while (await output.more());
    assert.equal(output.text(0, output.arrived), records.at(-1));
    await assert.rejects(output.takeRecord(NEWLINE), /the output ended/);
  },
});

asyncLaw('bytes are passed over wherever the chunks are cut', {
  runs: 500,
  inputs: fc.record({ cut: chunks, count: fc.nat(80) }),
  async holds({ cut, count }) {
    const output = outputOf(cut);
    const text = cut.join('');
    if (count > text.length) return assert.rejects(output.skipLong(count), /the output ended/);
    await output.skipLong(count);
    while (await output.more());
    assert.equal(output.text(0, output.arrived), text.slice(count));
  },
});
