/** The daemon as it is started by hand, given rewrites of one workspace: as commands, over GraphQL, or line by line. */
import { join } from 'node:path';
import { HttpConnection, postRequest } from '../harness/http-connection.ts';
import { LineConnection } from '../harness/line-connection.ts';
import type { OpenRewriteServer, RewriteClient } from '../workloads/mutation-load.ts';
import { NODE_KIND } from './grow-world.ts';
import { openServer } from './jitosd.ts';

const REWRITE = `mutation ($swsId: ID!, $ops: [JSON!]!) {
  applyRewrite(view: {kind: SWS, swsId: $swsId}, rewrite: {ops: $ops}) { receipt { rewriteIdx viewDigest } }
}`;

export const openRewriteServer: OpenRewriteServer = async (dir, { way }) => {
  const server = await openServer(dir);
  const { url } = server;
  const commands = new URL('/v1/commands', url);
  const created = await fetch(commands, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"command":"createSws"}',
  });
  const { result } = (await created.json()) as { readonly result: { readonly sws: { readonly id: string } } }; // docs/spec/commands.md
  const swsId = result.sws.id;
  const opsOf = (key: string, v: number): readonly object[] => [
    { op: 'PutNode', data: { kind: NODE_KIND, key, set: { v } } },
  ];
  const command = (key: string, v: number): object => {
    return { command: 'applyRewrite', view: { kind: 'SWS', swsId }, ops: opsOf(key, v) };
  };
  const graphql = (key: string, v: number): object => ({ query: REWRITE, variables: { swsId, ops: opsOf(key, v) } });
  const connect = (): RewriteClient => {
    if (way === 'lines') return lineClient(join(dir, 'data', 'jitos.sock'), command);
    return way === 'graphql' ? httpClient(url, graphql) : httpClient(commands, command);
  };
  return { pid: server.pid, close: () => server.close(), connect };
};

type Body = (key: string, value: number) => object;

function httpClient(url: URL, body: Body): RewriteClient {
  const connection = new HttpConnection(url);
  return {
    prepare: (key, value) => postRequest(url, JSON.stringify(body(key, value))),
    send: async (prepared) => void (await connection.exchange(prepared)),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

function lineClient(path: string, command: Body): RewriteClient {
  const connection = new LineConnection(path);
  return {
    prepare: (key, value) => Buffer.from(`${JSON.stringify({ id: 1, command: command(key, value) })}\n`),
    send: async (prepared) => {
      const answer = await connection.exchange(prepared);
      if (!answer.includes('"ok":true')) throw new Error(`the daemon answers ${answer}`);
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}
