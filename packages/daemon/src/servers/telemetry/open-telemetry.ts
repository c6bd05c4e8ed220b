/**
 * Traces and metrics for an OpenTelemetry collector, over OTLP/HTTP: `<endpoint>/v1/traces` and `<endpoint>/v1/metrics`, as JSON.
 *
 * Imported only where an endpoint is given: the packages take a while to load. Spans: `<method> <route>` for a request, and in it
 * `turn` (it waited for its principal's turn), `query`, `loop wait`, `decide` and `log append`. Metrics are those of `/metrics`, but for histograms.
 * Which requests are traced whoever calls decides (`traceparent`); of others all are.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  ValueType,
  type HrTime,
  type Span,
} from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { NoteSpan } from '../../ports/tracer.ts';
import type { Metrics, Numbers } from '../http/metrics.ts';
import { VERSION } from '../version.ts';
import type { RequestSpan, RequestStart, RequestTracer, Telemetry } from './request-tracer.ts';
import { parseTraceParent } from './trace-parent.ts';

const NAME = 'jitosd';
const METRICS_EVERY_MS = 15_000;
const SPANS_EVERY_MS = 2_000;
const SEND_TIMEOUT_MS = 5_000;
const SPANS_WAITING_MAX = 8_192;

export interface TelemetryOptions {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** For tests. */
  readonly metricsEveryMs?: number;
}

export function openTelemetry({ endpoint, metricsEveryMs = METRICS_EVERY_MS }: TelemetryOptions): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': NAME,
    'service.version': VERSION,
    'process.pid': process.pid,
  });
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: SEND_TIMEOUT_MS });
  const spans = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: SPANS_EVERY_MS,
    exportTimeoutMillis: SEND_TIMEOUT_MS,
    maxQueueSize: SPANS_WAITING_MAX,
  });
  const provider = new TracerProvider({ resource, spanProcessors: [spans] });
  const metricExporter = new OTLPMetricExporter({ url: `${endpoint}/v1/metrics`, timeoutMillis: SEND_TIMEOUT_MS });
  const startTime = toHrTime(performance.now());
  const send = async (metrics: Metrics): Promise<void> => {
    const told = (await metrics.numbers()).flatMap((each) => metricData(each, startTime));
    const scopeMetrics = [{ scope: { name: NAME, version: VERSION }, metrics: told }];
    const all: ResourceMetrics = { resource, scopeMetrics };
    await new Promise<void>((resolve) => metricExporter.export(all, () => resolve()));
  };
  let watched: Metrics | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    tracer: new OpenTelemetryTracer(provider),
    watch: (metrics) => {
      watched = metrics;
      timer = setInterval(() => void send(metrics), metricsEveryMs);
      timer.unref();
    },
    close: async () => {
      clearInterval(timer);
      if (watched !== undefined) await send(watched);
      // A collector that is not there keeps nobody from stopping.
      await Promise.allSettled([provider.shutdown(), metricExporter.shutdown()]);
    },
  };
}

class OpenTelemetryTracer implements RequestTracer {
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;
  readonly #current = new AsyncLocalStorage<Span>();

  constructor(provider: TracerProvider) {
    this.#tracer = provider.getTracer(NAME, VERSION);
  }

  begin({ method, route, traceparent }: RequestStart): RequestSpan {
    const parent = parseTraceParent(traceparent);
    const context =
      parent === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId: parent.traceId,
            spanId: parent.spanId,
            traceFlags: parent.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
            isRemote: true,
          });
    const attributes = { 'http.request.method': method, 'http.route': route };
    const span = this.#tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, context);
    let isEnded = false;
    return {
      run: (work) => this.#current.run(span, work),
      end: (status) => {
        if (isEnded) return;
        isEnded = true;
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  capture(): NoteSpan | undefined {
    const parent = this.#current.getStore();
    if (parent === undefined || !parent.isRecording()) return undefined;
    const context = trace.setSpan(ROOT_CONTEXT, parent);
    return (name, startMs, endMs) => {
      this.#tracer.startSpan(name, { startTime: toHrTime(startMs) }, context).end(toHrTime(endMs));
    };
  }
}

/** Of a time of `performance.now()`. */
function toHrTime(nowMs: number): HrTime {
  const ms = performance.timeOrigin + nowMs;
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - 1000 * seconds) * 1e6)];
}

function metricData({ name, help, type, values }: Numbers, startTime: HrTime): readonly MetricData[] {
  const endTime = toHrTime(performance.now());
  const descriptor = { name, description: help, unit: '', valueType: ValueType.DOUBLE };
  const dataPoints = values.map(({ labels, value }) => ({ startTime, endTime, attributes: { ...labels }, value }));
  const base = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPoints };
  if (type === 'counter') return [{ ...base, dataPointType: DataPointType.SUM, isMonotonic: true }];
  return [{ ...base, dataPointType: DataPointType.GAUGE }];
}
