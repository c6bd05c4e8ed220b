import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartToSvg } from './chart.ts';

const draw = (points: [number, number][]): string =>
  chartToSvg({ title: 'a < b & c', xLabel: 'x', yLabel: 'y', series: [{ name: 'one', points }] });

describe('chart', () => {
  it('spaces decades evenly to the right and values evenly upwards', () => {
    const points = /points="([^"]*)"/.exec(draw([[10, 10], [100, 5], [1000, 0]])); // prettier-ignore
    assert.equal(points?.[1], '90.0,60.0 345.0,210.0 600.0,360.0');
  });

  it('escapes what has a meaning in XML', () => {
    assert.match(draw([[1, 1]]), />a &lt; b &amp; c</);
  });
});
