/**
 * The daemon as it is started by hand: each row becomes a field of one of ten thousand nodes, by a rewrite of a
 * workspace over GraphQL. A connection for each row in flight.
 */
import { Agent, request } from 'node:http';
import { seededIntegers } from '../harness/workload.ts';
import type { OpenServedStore } from '../workloads/served-append.ts';
import { NODE_KIND } from './grow-world.ts';
import { NODE_COUNT, openServer } from './jitosd.ts';

const REWRITE = `mutation ($swsId: ID!, $ops: [JSON!]!) {
  applyRewrite(view: {kind: SWS, swsId: $swsId}, rewrite: {ops: $ops}) { receipt { rewriteIdx viewDigest } }
}`;

export const openServedStore: OpenServedStore = async (dir, { clientCount }) => {
  const server = await openServer(dir);
  const agent = new Agent({ keepAlive: true, maxSockets: clientCount });
  const ask = (query: string, variables: object): Promise<string> =>
    post(agent, server.url, JSON.stringify({ query, variables }));
  const created = await ask('mutation { createSws { sws { id } } }', {});
  const swsId = (JSON.parse(created) as CreatedSws).data.createSws.sws.id; // the schema says so
  const integers = seededIntegers(8);
  return {
    pid: server.pid,
    append: async (row) => {
      const set = { row: { $bytes: Buffer.from(row.buffer, row.byteOffset, row.length).toString('base64') } };
      const op = { op: 'PutNode', data: { kind: NODE_KIND, key: `node ${integers(NODE_COUNT)}`, set } };
      await ask(REWRITE, { swsId, ops: [op] });
    },
    close: async () => {
      agent.destroy();
      await server.close();
    },
  };
};

interface CreatedSws {
  readonly data: { readonly createSws: { readonly sws: { readonly id: string } } };
}

function post(agent: Agent, url: URL, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (answer += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && !answer.includes('"errors"')) resolve(answer);
        else reject(new Error(`the daemon answers ${response.statusCode} ${answer}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
