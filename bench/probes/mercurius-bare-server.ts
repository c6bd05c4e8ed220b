/** Starts the bare GraphQL probe in a process of its own. */
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/server-process.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';

export const openServer: OpenServer = () => {
  const script = fileURLToPath(new URL('./mercurius-bare.ts', import.meta.url));
  return startServer({ script, args: [], addressIn: (said) => (said.endsWith('\n') ? said.trim() : undefined) });
};
