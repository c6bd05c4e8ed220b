import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { DENIALS_A_SECOND, DenialLog, type Denial } from './denial-log.ts';

const DENIAL: Denial = {
  reason: 'ACCESS_DENIED',
  place: 'view',
  principal: 'key:00',
  route: '/graphql',
  world: 'main',
};

function makeLog(): {
  readonly log: DenialLog;
  readonly lines: Record<string, unknown>[];
  readonly pass: (ms: number) => void;
} {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  let nowMs = 0;
  const pass = (ms: number): void => void (nowMs += ms);
  return { log: new DenialLog({ logger, nowMs: () => nowMs }), lines, pass };
}

test('a denial is a line that says who wanted what', () => {
  const { log, lines } = makeLog();
  log.note(DENIAL);
  assert.deepEqual(lines, [{ level: 40, ...DENIAL, msg: 'denied' }]);
});

test('what was refused for another reason is none', () => {
  const { log, lines } = makeLog();
  log.note({ ...DENIAL, reason: 'WORLD_NOT_FOUND' });
  assert.deepEqual(lines, []);
});

test('of a flood a bounded number is told, and later how many were not', () => {
  const { log, lines, pass } = makeLog();
  for (let i = 0; i < 1000; i++) log.note(DENIAL);
  const told = lines.length;
  assert.ok(told > 0 && told < 100);
  pass(1000);
  for (let i = 0; i < 1000; i++) log.note(DENIAL);
  assert.equal(lines.length, told + DENIALS_A_SECOND);
  assert.equal(lines[told]?.['untold'], 1000 - told);
  assert.equal(lines[told + 1]?.['untold'], undefined);
});
