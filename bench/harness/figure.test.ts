import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { figuresToTable, figureToJson, median, ratioOf, type Figure } from './figure.ts';

const FIGURE: Figure = {
  bench: 'log.append/1-in-flight',
  unit: '/s',
  ours: 12345.678,
  peer: null,
  peerName: null,
  ratio: null,
  n: 1234567,
  runs: 7,
};

describe('figure', () => {
  it('takes the middle of an odd number of values and the mean of the middle two of an even one', () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([10, 9, 1, 2]), 5.5);
    assert.throws(() => median([]));
  });

  it('gives a ratio above 1 to the better side, whichever way the unit points (F1)', () => {
    assert.equal(ratioOf('/s', [20], [10]), 2);
    assert.equal(ratioOf('us', [20], [10]), 0.5);
  });

  it('pairs rounds before it takes the median (F2)', () => {
    // The medians are 2 and 2, yet in two rounds of three ours was twice as fast.
    assert.equal(ratioOf('/s', [2, 20, 1], [1, 10, 2]), 2);
  });

  it('cuts fractions to four digits in JSON and leaves counts whole', () => {
    const line = '{"bench":"log.append/1-in-flight","unit":"/s","ours":12350,"peer":null,';
    assert.equal(figureToJson(FIGURE), `${line}"peerName":null,"ratio":null,"n":1234567,"runs":7}`);
  });

  it('lines up a table', () => {
    assert.equal(
      figuresToTable([FIGURE, { ...FIGURE, bench: 'x/y', ours: 0.123456, peer: 2, peerName: 'other', ratio: 1.5 }]),
      [
        'bench                   unit    ours  peer  ratio  against',
        'log.append/1-in-flight  /s    12,350     –      –  –',
        'x/y                     /s    0.1235     2    1.5  other',
      ].join('\n'),
    );
  });
});
