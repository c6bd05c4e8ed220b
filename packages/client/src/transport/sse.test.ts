import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';
import { tokenCredentials } from './credentials.ts';
import { Http } from './http.ts';
import type { LiveEvent } from './live.ts';
import { serverSentEvents } from './sse.ts';

/** What is read of a stream that arrives in pieces of so many bytes. */
async function readStream(text: string, pieceSizeBytes: number): Promise<LiveEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += pieceSizeBytes) {
        controller.enqueue(bytes.subarray(at, at + pieceSizeBytes));
      }
      controller.close();
    },
  });
  const http = new Http({
    address: 'http://127.0.0.1:1',
    credentials: tokenCredentials(undefined),
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
    timeoutMs: 1000,
  });
  const { signal } = new AbortController();
  const request = { text: '', variables: {}, after: undefined, positionOf: () => '', signal };
  const events: LiveEvent[] = [];
  for await (const event of serverSentEvents({ http, path: '', clock: systemClock }).open(request)) events.push(event);
  return events;
}

const NEXT = 'id: 8\nevent: next\ndata: {"data":{"title":"Zwölf Boxkämpfer 🥊: ja"}}\n\n';

test('a stream is read alike, however its bytes are cut into pieces', async () => {
  for (let size = 1; size < 120; size++) {
    assert.deepEqual(await readStream(`id: 7\n\n:\n\n${NEXT}event: complete\ndata: \n\n`, size), [
      { position: '7', data: undefined },
      { position: '8', data: { title: 'Zwölf Boxkämpfer 🥊: ja' } },
    ]);
  }
});

test('an event whose end did not come is none, and a stream without its end was cut off', async () => {
  await assert.rejects(readStream(`id: 7\n\n${NEXT.slice(0, -1)}`, 1000), { name: 'Fault', message: /cut off/ });
});

test('an error in the stream says where to go on', async () => {
  const extensions = {
    reason: 'SUBSCRIBER_TOO_SLOW',
    code: 'UNAVAILABLE',
    place: '',
    retry: 'later',
    advice: 'read',
    after: '9',
  };
  const error = `event: error\ndata: ${JSON.stringify({ errors: [{ message: 'slow', extensions }] })}\n\n`;
  await assert.rejects(readStream(`id: 7\n\n${error}`, 5), {
    name: 'Fault',
    reason: 'SUBSCRIBER_TOO_SLOW',
    after: '9',
  });
});
