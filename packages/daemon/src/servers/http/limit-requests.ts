/** Rates and turns of requests over HTTP: what a route asks for, and who waits (`../limits`). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { askerName, type Admit, type Asker, type RateLimiter } from '../limits/rate-limiter.ts';
import type { FairTurns } from '../limits/fair-turns.ts';
import type { RateVerb } from '../limits/rate-policy.ts';

/** What a request of a route asks for: a verb, what its body says, or nothing that is limited. */
export type RouteRate = RateVerb | 'as-asked' | 'unlimited';

declare module 'fastify' {
  interface FastifyRequest {
    /** Counts what the request asks for; null where nothing is limited. */
    admit: Admit | null;
  }
  interface FastifyContextConfig {
    /** By the method unless it is said: `GET` reads, and is not limited where anyone may ask; anything else controls. */
    readonly rate?: RouteRate;
    /** Whether its answers go on without an end. */
    readonly isStream?: boolean;
  }
}

export interface RequestLimits {
  readonly limiter: RateLimiter;
  readonly turns: FairTurns;
}

/** For requests whose principal is known; they come behind the guard. */
export function limitRequests(app: FastifyInstance, { limiter, turns }: RequestLimits): void {
  app.decorateRequest('admit', null);
  app.addHook('onRequest', (request, reply, done) => {
    const rate = rateOf(request);
    if (rate === 'unlimited') return done();
    const asker = askerOf(request);
    try {
      request.admit = limiter.admitOf(asker, (headers) => void reply.headers(headers)) ?? null;
      if (rate !== 'as-asked') request.admit?.(rate);
      const name = askerName(asker);
      turns.enter(name, () => {
        // A stream is not under way once it has begun, and nothing is for a client that has gone.
        if (request.routeOptions.config.isStream === true || reply.raw.destroyed) turns.leave(name);
        else reply.raw.once('close', () => turns.leave(name));
        done();
      });
    } catch (error) {
      done(error as Error); // a failure: nothing else is thrown
    }
  });
}

export function askerOf({ principal, ip }: Pick<FastifyRequest, 'principal' | 'ip'>): Asker {
  return principal === null ? { address: ip } : { principal };
}

function rateOf({ method, routeOptions: { config } }: FastifyRequest): RouteRate {
  if (config.rate !== undefined) return config.rate;
  if (method !== 'GET' && method !== 'HEAD') return 'control';
  return config.access === 'anyone' ? 'unlimited' : 'read';
}
