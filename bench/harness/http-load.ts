/**
 * A load generator for one HTTP/1.1 request, sent again and again over kept connections, one in flight on each.
 *
 * It writes prepared bytes and looks only for the end of each answer, so that on a shared machine the server and not
 * the generator is what is measured. Both sides of a ratio are driven by it.
 */
import { HttpConnection, postRequest } from './http-connection.ts';
import { cpuMs } from './process-meter.ts';
import type { Sample } from './workload.ts';
import { inFlight } from './workload.ts';

export interface HttpLoad extends Disposable {
  round(budgetMs: number): Promise<Sample>;
}

/** Asks once to learn the answer, then keeps that many connections ready. All answers must have its size. */
export async function openHttpLoad(
  url: URL,
  query: string,
  connectionCount: number,
  serverPid: number,
): Promise<HttpLoad> {
  const body = JSON.stringify({ query });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const first = await fetch(url, { method: 'POST', headers, body });
  const answer = await first.text();
  if (!first.ok || answer.includes('"errors"')) throw new Error(`${url.href} answers ${first.status} ${answer}`);
  const request = postRequest(url, body);
  const size = Buffer.byteLength(answer);
  const connections = Array.from({ length: connectionCount }, () => new HttpConnection(url));
  return {
    round: async (budgetMs) => {
      const idle = [...connections];
      const cpuMsBefore = cpuMs(serverPid);
      const sample = await inFlight(budgetMs, connectionCount, async () => {
        const connection = idle.pop();
        if (connection === undefined) throw new Error('more requests in flight than connections');
        if ((await connection.exchange(request)) !== size) throw new Error('an answer has another size than the first');
        idle.push(connection);
      });
      if (cpuMsBefore === undefined) return sample;
      const usedMs = (cpuMs(serverPid) ?? NaN) - cpuMsBefore;
      return { ...sample, values: { ...sample.values, '/cpu-s': sample.operations / (usedMs / 1000) } };
    },
    [Symbol.dispose]: () => {
      for (const connection of connections) connection[Symbol.dispose]();
    },
  };
}
