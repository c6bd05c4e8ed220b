/** Starts the bare server of durable commands in a process of its own. */
import { fileURLToPath } from 'node:url';
import { HttpConnection, postRequest } from '../harness/http-connection.ts';
import { startServer } from '../harness/server-process.ts';
import type { OpenRewriteServer } from '../workloads/mutation-load.ts';

export const openRewriteServer: OpenRewriteServer = async (dir) => {
  const script = fileURLToPath(new URL('./bare-rewrites-server.ts', import.meta.url));
  const addressIn = (said: string): string | undefined => (said.endsWith('\n') ? said.trim() : undefined);
  const server = await startServer({ script, args: [dir], addressIn });
  return {
    pid: server.pid,
    close: () => server.close(),
    connect: () => {
      const connection = new HttpConnection(server.url);
      return {
        prepare: (key, v) => {
          const ops = [{ op: 'PutNode', data: { kind: 'file', key, set: { v } } }];
          return postRequest(
            server.url,
            JSON.stringify({ command: 'applyRewrite', view: { kind: 'SWS', swsId: '0' }, ops }),
          );
        },
        send: async (prepared) => void (await connection.exchange(prepared)),
        [Symbol.dispose]: () => connection[Symbol.dispose](),
      };
    },
  };
};
