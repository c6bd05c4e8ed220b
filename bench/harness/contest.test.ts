import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { contestFigures, runContest, type Contest, type ContestTerms, type Entrant } from './contest.ts';

/** Counts its rounds as operations; fails in the round that `failsAt` names; tells `diary` when it works. */
const WORKLOAD = `
  import { appendFileSync } from 'node:fs';
  import { setImmediate } from 'node:timers/promises';
  export const open = ({ perSecond, bytes, failsAt, diary, letter }) => {
    let rounds = 0;
    return { round: async () => {
      if (++rounds === failsAt) throw new Error('worn out');
      if (diary !== undefined) appendFileSync(diary, letter);
      await setImmediate();
      if (diary !== undefined) appendFileSync(diary, letter);
      return { operations: rounds, values: bytes === undefined ? { '/s': perSecond } : { '/s': perSecond, B: bytes } };
    } };
  };`;

describe('contest', () => {
  let dir: string;
  let notes: string[];
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'jitos-contest-'));
    writeFileSync(join(dir, 'workload.mjs'), WORKLOAD);
  });
  after(() => rmSync(dir, { recursive: true }));

  const entrant = (name: string, isPeer: boolean, options: object): Entrant => ({
    name,
    isPeer,
    module: pathToFileURL(join(dir, 'workload.mjs')),
    options,
  });
  const terms = (withPeers: boolean): ContestTerms => {
    notes = [];
    const signal = new AbortController().signal;
    return { bench: 'b', dir, withPeers, roundMs: 1, runs: 3, signal, note: (text) => void notes.push(text) };
  };
  const figuresFor = async (contest: Contest, withPeers: boolean): Promise<unknown[]> => {
    const samplesByName = await runContest(contest, terms(withPeers));
    return contestFigures(contest, 'b', samplesByName).map(({ ours, peer, peerName, ratio, n, runs }) => [
      ours,
      peer,
      peerName,
      ratio,
      n,
      runs,
    ]);
  };

  it('compares ours with each opponent over the rounds that count (C2)', async () => {
    const contest: Contest = {
      title: 't',
      ours: entrant('ours', false, { perSecond: 30 }),
      against: [entrant('probe', false, { perSecond: 40 }), entrant('peer', true, { perSecond: 10 })],
    };
    // The first of four rounds is not counted, so the operations are 2, 3 and 4.
    assert.deepEqual(await figuresFor(contest, true), [
      [30, 40, 'probe', 0.75, 3, 3],
      [30, 10, 'peer', 3, 3, 3],
    ]);
  });

  it('tells of ours alone in a unit that no opponent has', async () => {
    const contest: Contest = {
      title: 't',
      ours: entrant('ours', false, { perSecond: 30, bytes: 7 }),
      against: [entrant('probe', false, { perSecond: 40 })],
    };
    assert.deepEqual(await figuresFor(contest, false), [
      [30, 40, 'probe', 0.75, 3, 3],
      [7, null, null, null, 3, 3],
    ]);
  });

  it('counts fewer rounds where a contest asks for fewer', async () => {
    const contest: Contest = { title: 't', runsMax: 2, ours: entrant('ours', false, { perSecond: 30 }), against: [] };
    assert.deepEqual(await figuresFor(contest, false), [[30, null, null, null, 3, 2]]);
  });

  it('works one entrant at a time, in alternating direction (C1, C3)', async () => {
    const diary = join(dir, 'diary');
    const against = ['a', 'b', 'c'].map((letter) => entrant(letter, false, { perSecond: 1, diary, letter }));
    await runContest({ title: 't', against }, terms(false));
    assert.equal(readFileSync(diary, 'utf8'), 'ccbbaaaabbccccbbaaaabbcc');
  });

  it('leaves peers out unless they are wanted', async () => {
    const contest: Contest = { title: 't', against: [entrant('peer', true, { perSecond: 10 })] };
    assert.deepEqual(await figuresFor(contest, false), []);
  });

  it('leaves out a peer that fails and says so (C4)', async () => {
    const contest: Contest = {
      title: 't',
      ours: entrant('ours', false, { perSecond: 30 }),
      against: [entrant('peer', true, { perSecond: 10, failsAt: 2 })],
    };
    assert.deepEqual(await figuresFor(contest, true), [[30, null, null, null, 3, 3]]);
    assert.ok(notes.includes('peer is left out of t: worn out'));
  });

  it('ends with the failure of one of our own (C4)', async () => {
    const contest: Contest = { title: 't', against: [entrant('probe', false, { failsAt: 2 })] };
    await assert.rejects(runContest(contest, terms(true)), /worn out/);
  });
});
