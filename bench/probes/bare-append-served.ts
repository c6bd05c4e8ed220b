/** Starts the bare server in a process of its own, and keeps a connection for each row in flight. */
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startProgram } from '../harness/server-process.ts';
import type { OpenServedStore } from '../workloads/served-append.ts';

export const openServedStore: OpenServedStore = async (dir, { clientCount, rowSizeBytes }) => {
  const script = fileURLToPath(new URL('./bare-append-server.ts', import.meta.url));
  let port = 0;
  const server = await startProgram({
    command: process.execPath,
    args: [script, dir, String(rowSizeBytes)],
    isReady: (said) => said.endsWith('\n') && (port = Number(said)) > 0,
  });
  const sockets = Array.from({ length: clientCount }, () => connect({ host: '127.0.0.1', port, noDelay: true }));
  const idle = [...sockets];
  return {
    pid: server.pid,
    append: async (row) => {
      const socket = idle.pop()!; // no more rows are in flight than there are sockets
      await exchange(socket, row);
      idle.push(socket);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await server.close();
    },
  };
};

function exchange(socket: Socket, row: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => {
      socket.off('error', reject);
      resolve();
    });
    socket.write(row);
  });
}
