/**
 * Following what happens: each event once, in order, also across a daemon that restarts or a network that breaks.
 */
import { connect, webSockets } from '@jitos/client';

const { JITOS_URL: url = 'http://127.0.0.1:8080', JITOS_TOKEN: token } = process.env;
const EVENT_COUNT = 3;

// Server-sent events by default; with many subscriptions, WebSockets share one connection.
const world = connect({ url, token, live: webSockets });

async function write(title: string): Promise<void> {
  await using workspace = await world.fork();
  await workspace.put('page', 'home', { title });
  await workspace.collapse();
}

const { newestEvent } = await world.info();
// A subscription ends with its block, too. `position` is where another one would go on with `after`.
await using rewrites = world.followRewrites({ after: -1 });

const writing = (async () => {
  for (const title of ['One', 'Two', 'Three']) await write(title);
})();

let count = 0;
for await (const { eventIdx, view, ops } of rewrites) {
  if (eventIdx <= newestEvent) continue;
  console.log(`event ${eventIdx}: workspace ${view}, ${JSON.stringify(ops[0]).slice(0, 18)}…`);
  if ((count += 1) === EVENT_COUNT) break;
}
await writing;
console.log(`position ${rewrites.position}`);
