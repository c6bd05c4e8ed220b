/** What the server asks of tracing; made by `open-telemetry.ts`, which is loaded only where it is wanted. */
import type { Tracer } from '../../ports/tracer.ts';
import type { Metrics } from '../http/metrics.ts';

export interface RequestStart {
  readonly method: string;
  /** The pattern of its route. */
  readonly route: string;
  /** As the W3C's Trace Context has it; whatever a client sends. */
  readonly traceparent: unknown;
}

export interface RequestSpan {
  /** What `work` does, and what comes of it, is the request's. */
  run(work: () => void): void;
  /** Idempotent. */
  end(status: number): void;
}

export interface RequestTracer extends Tracer {
  begin(request: RequestStart): RequestSpan;
}

export interface Telemetry {
  readonly tracer: RequestTracer;
  /** Sends these numbers every now and then, from now on. */
  watch(metrics: Metrics): void;
  /** Sends what is left, within a bound. */
  close(): Promise<void>;
}
