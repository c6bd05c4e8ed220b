import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import type { Bytes } from '@jitos/kernel';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { Failure } from '../../errors/failure.ts';
import { LiveDocument, LiveSubscription } from './live-subscription.ts';

const COMMAND = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;
const OPS = [{ op: 'AddNode', kind: 'k', payload: 'p' as Bytes, expect: null }] as const; // ASCII

test('who meets an answer that can not be given has got those before it, and goes on behind them', async () => {
  const open = await openMemoryWorld();
  await open.loop.submit({ type: 'createWorkspace', from: null, ...COMMAND });
  for (let i = 0; i < 5; i++) await open.loop.submit({ type: 'applyRewrite', view: 0, ops: OPS, ...COMMAND });
  let asked = 0;
  const document = new LiveDocument({
    schema: buildSchema('type Query { idx: ID } type Subscription { idx: ID }'),
    document: parse('subscription { idx }'),
    variables: {},
    toAnswer: () => {
      if (asked++ === 3) throw new Failure('QUERY_TOO_LARGE', 'query', 'made so by the test');
      return { data: {} };
    },
  });
  const { feed } = open;
  const subscription = new LiveSubscription({
    feed,
    topic: 0,
    after: -1,
    document,
    mustStillSee: () => undefined,
    mayTell: () => true,
    onClose: () => undefined,
  });
  const answers = await subscription.read();
  assert.deepEqual(
    answers.map(({ position }) => position),
    [0, 1, 2],
  );
  assert.equal(subscription.position, 2);
  await assert.rejects(async () => await subscription.read(), { reason: 'QUERY_TOO_LARGE' });
  assert.equal(subscription.position, 2);
  subscription.close();
  await open.close();
});
