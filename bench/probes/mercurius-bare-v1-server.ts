/** Starts the bare GraphQL probe of v1's shapes in a process of its own. */
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/server-process.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';

export const openServer: OpenServer = () => {
  const script = fileURLToPath(new URL('./mercurius-bare-v1.ts', import.meta.url));
  return startServer({ script, args: [], addressIn: (said) => (said.endsWith('\n') ? said.trim() : undefined) });
};
