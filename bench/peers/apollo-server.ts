/** Starts Apollo in a process of its own, on a world like ours. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/server-process.ts';
import { growHistory } from '../ours/grow-history.ts';
import { NODE_COUNT } from '../ours/jitosd.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';

export const openServer: OpenServer = async (dir) => {
  const dataDir = join(dir, 'data');
  await growHistory(dataDir, { nodeCount: NODE_COUNT, eventCount: 0, checkpointsAt: [] });
  const script = fileURLToPath(new URL('./apollo-listen.ts', import.meta.url));
  const server = await startServer({
    script,
    args: [dataDir],
    addressIn: (said) => (said.endsWith('\n') ? said.trim() : undefined),
  });
  return { ...server, url: new URL('/', server.url) };
};
