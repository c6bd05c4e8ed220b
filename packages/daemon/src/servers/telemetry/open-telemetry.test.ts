import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ask, type RawAnswer } from '@jitos/testkit/servers/raw-http.ts';
import { NO_IMPORTS } from '@jitos/testkit/servers/serve-host.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import { createServer as createJitos } from '../http/server.ts';
import { openTelemetry } from './open-telemetry.ts';
import { parseTraceParent } from './trace-parent.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

interface Metric {
  readonly name: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly { readonly asDouble: number }[] };
  readonly gauge?: { readonly dataPoints: readonly { readonly asDouble: number }[] };
}

/** A collector that keeps what it is sent. */
class Collector {
  readonly spans: Span[] = [];
  readonly metrics: Metric[] = [];
  readonly services = new Set<unknown>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        collector.#take(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString()) as object);
        answer.setHeader('content-type', 'application/json').end('{}');
      });
    });
    const collector = new Collector(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on a port
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(path: string, body: object): void {
    type Resource = { readonly resource: { readonly attributes: readonly { key: string; value: unknown }[] } };
    // What the protocol's specification says.
    const { resourceSpans = [], resourceMetrics = [] } = body as {
      readonly resourceSpans?: readonly (Resource & {
        readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
      })[];
      readonly resourceMetrics?: readonly (Resource & {
        readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
      })[];
    };
    assert.equal(path, resourceSpans.length > 0 ? '/v1/traces' : '/v1/metrics');
    for (const { resource } of [...resourceSpans, ...resourceMetrics]) {
      this.services.add(JSON.stringify(resource.attributes.find(({ key }) => key === 'service.name')?.value));
    }
    this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    this.metrics.push(...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)));
  }
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';

test('a request is a span of the trace that it names, with what it spent its time on; metrics are those of Prometheus', async () => {
  const folder = makeTempFolder();
  const collector = await Collector.start();
  const telemetry = openTelemetry({ endpoint: collector.endpoint });
  const host = await Host.open({ dataDir: folder.path, tracer: telemetry.tracer });
  const authentication = { by: 'nobody' } as const;
  const server = await createJitos({ host, imports: NO_IMPORTS, authentication, port: 0, telemetry });
  const { port } = await server.listen();
  const graphql = (query: string, traceparent: string): Promise<RawAnswer> => {
    const headers = { 'content-type': 'application/json', traceparent };
    return ask({ port, method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query }) });
  };
  await graphql('mutation { createSws { sws { id } } }', `00-${TRACE_ID}-${PARENT_ID}-01`);
  await graphql('{ kernelInfo { tick } }', `00-${TRACE_ID}-${PARENT_ID}-00`);
  await ask({ port, path: '/v1/worlds' });
  await server.close();
  await host.close();
  await telemetry.close();
  collector.close();
  folder.remove();

  assert.deepEqual([...collector.services], ['{"stringValue":"jitosd"}']);
  const request = collector.spans.find(({ name }) => name === 'POST /graphql');
  assert.ok(request !== undefined);
  assert.deepEqual([request.traceId, request.parentSpanId], [TRACE_ID, PARENT_ID]);
  const status = request.attributes?.find(({ key }) => key === 'http.response.status_code');
  assert.deepEqual(status?.value, { intValue: 200 });
  const children = collector.spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
  assert.deepEqual(children.map(({ name }) => name).toSorted(), ['decide', 'log append', 'loop wait', 'query', 'turn']);
  for (const { name, traceId, startTimeUnixNano, endTimeUnixNano } of children) {
    assert.equal(traceId, TRACE_ID);
    const [start, end] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)];
    // The clocks of the two are read one after the other.
    const slackNs = 2_000_000n;
    assert.ok(start <= end, name);
    assert.ok(
      start >= BigInt(request.startTimeUnixNano) - slackNs && end <= BigInt(request.endTimeUnixNano) + slackNs,
      name,
    );
  }
  const [wait, decide, append] = ['loop wait', 'decide', 'log append'].map((name) =>
    children.find((each) => each.name === name),
  );
  assert.deepEqual(
    [wait?.endTimeUnixNano, decide?.endTimeUnixNano],
    [decide?.startTimeUnixNano, append?.startTimeUnixNano],
  );
  // The one that its caller does not sample is not sent, and one without a parent begins a trace of its own.
  const roots = collector.spans.filter(({ parentSpanId }) => (parentSpanId ?? '') === '');
  assert.deepEqual(
    roots.map(({ name }) => name),
    ['GET /v1/worlds'],
  );
  assert.equal(collector.spans.filter(({ name }) => name === 'POST /graphql').length, 1);

  const events = collector.metrics.find(({ name }) => name === 'jitos_world_events_total');
  assert.equal(events?.sum?.isMonotonic, true);
  assert.ok((events?.sum?.dataPoints[0]?.asDouble ?? 0) >= 2);
  const open = collector.metrics.find(({ name }) => name === 'jitos_world_workspaces_open');
  assert.equal(open?.gauge?.dataPoints[0]?.asDouble, 1);
});

test('a collector that is not there keeps nothing from being served, nor from ending', async () => {
  const telemetry = openTelemetry({ endpoint: 'http://127.0.0.1:9' });
  const span = telemetry.tracer.begin({ method: 'GET', route: '/', traceparent: undefined });
  let isRun = false;
  span.run(() => (isRun = true));
  span.end(200);
  await telemetry.close();
  assert.ok(isRun);
});

test('what is no traceparent begins a trace', () => {
  const good = `00-${TRACE_ID}-${PARENT_ID}-01`;
  assert.deepEqual(parseTraceParent(good), { traceId: TRACE_ID, spanId: PARENT_ID, isSampled: true });
  assert.equal(parseTraceParent(`cc-${TRACE_ID}-${PARENT_ID}-00-more`)?.isSampled, false);
  const bad = [
    '',
    'x',
    `${good}-more`,
    `ff${good.slice(2)}`,
    good.toUpperCase(),
    good.replace(TRACE_ID, '0'.repeat(32)),
    [good],
  ];
  for (const each of bad) assert.equal(parseTraceParent(each), undefined);
});
