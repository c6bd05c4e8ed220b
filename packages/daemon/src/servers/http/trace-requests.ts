/** Spans of requests over HTTP. Nothing of it is there unless somebody traces. */
import type { FastifyInstance } from 'fastify';
import type { RequestSpan, RequestTracer } from '../telemetry/request-tracer.ts';

declare module 'fastify' {
  interface FastifyRequest {
    span: TracedRequest | null;
  }
}

interface TracedRequest {
  readonly span: RequestSpan;
  readonly beganMs: number;
}

/** Before all other hooks: the span is as long as the request. */
export function beginSpans(app: FastifyInstance, tracer: RequestTracer): void {
  app.decorateRequest('span', null);
  app.addHook('onRequest', (request, reply, done) => {
    const { method, headers, routeOptions } = request;
    const span = tracer.begin({ method, route: routeOptions.url ?? 'none', traceparent: headers['traceparent'] });
    request.span = { span, beganMs: performance.now() };
    reply.raw.once('close', () => span.end(reply.raw.statusCode));
    done();
  });
}

/** Behind those that may put it off: what comes now is the request's own. */
export function enterSpans(app: FastifyInstance, tracer: RequestTracer): void {
  app.addHook('onRequest', ({ span: traced }, _, done) => {
    if (traced === null) return done();
    traced.span.run(() => {
      tracer.capture()?.('turn', traced.beganMs, performance.now());
      done();
    });
  });
}
