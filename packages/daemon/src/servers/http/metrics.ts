/**
 * What a daemon tells Prometheus: each world's numbers, the requests it answered, and its process's.
 *
 * The worlds' are read when they are asked for, so that they cost the loop nothing between.
 */
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { trieCount } from '@jitos/kernel';
import type { Host } from '../../engine/host.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { VERSION } from '../version.ts';

type Read = (open: OpenWorld) => number;

/** By the names that they have after `jitos_world_`; those that never fall end in `_total`. */
const WORLD_METRICS: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  up: ['1 while the world takes commands, 0 once its log has failed or while its disk is full', isTaking],
  events_total: ['Events in its history', ({ loop }) => loop.world.history.size],
  rewrites_total: ['Rewrites, collapses, rebases and discards', ({ loop }) => loop.world.rewriteCount],
  system_changes_total: ['How often System has moved', ({ loop }) => loop.world.systemChanges],
  workspaces_total: ['Workspaces ever made', ({ loop }) => loop.world.workspaceCount],
  workspaces_open: ['Workspaces that are open', ({ loop }) => trieCount(loop.world.workspaces)],
  nodes: ['Nodes of System', ({ loop }) => trieCount(loop.world.system.graph.nodes)],
  edges: ['Edges of System', ({ loop }) => trieCount(loop.world.system.graph.edges)],
  tick: ['The tick of its newest event', ({ loop }) => loop.world.clock.tick],
  commands_waiting: ['Commands that are not decided yet', ({ loop }) => loop.waitingCount],
  archived_events: ['Events that are archived, and not here', ({ log }) => log.firstIdx],
};

function isTaking({ loop }: OpenWorld): number {
  return loop.failure === undefined && loop.refusal === undefined ? 1 : 0;
}

/** The process's own, one set for all servers in it. */
let processRegistry: Registry | undefined;

function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

function worldMetrics(host: Host): readonly (Counter | Gauge)[] {
  return Object.entries(WORLD_METRICS).map(([name, [help, read]]) => {
    const Metric = name.endsWith('_total') ? Counter : Gauge;
    return new Metric({
      name: `jitos_world_${name}`,
      help,
      labelNames: ['world'],
      registers: [],
      collect() {
        this.reset();
        for (const open of host.worlds()) this.inc({ world: open.name }, read(open));
      },
    });
  });
}

/** A metric with its values, by their labels. */
export interface Numbers {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>>; readonly value: number }[];
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #rateLimited: Counter;

  constructor(host: Host, { waitingCount }: { readonly waitingCount: () => number }) {
    this.#rateLimited = new Counter<string>({
      name: 'jitos_http_rate_limited_total',
      help: 'Requests refused because their principal asks too often, by what they ask for',
      labelNames: ['verb'],
      registers: [],
    });
    const waiting = new Gauge<string>({
      name: 'jitos_http_requests_waiting',
      help: 'Requests that wait for the turn of their principal',
      registers: [],
      collect() {
        this.set(waitingCount());
      },
    });
    this.#requests = new Counter<string>({
      name: 'jitos_http_requests_total',
      help: 'Requests answered, by the pattern of their route',
      labelNames: ['method', 'route', 'status'],
      registers: [],
    });
    const info = new Gauge<string>({
      name: 'jitos_info',
      help: 'The version that runs',
      labelNames: ['version'],
      registers: [],
    });
    info.set({ version: VERSION }, 1);
    const setAside = new Gauge<string>({
      name: 'jitos_worlds_set_aside',
      help: 'Worlds of the folder that can not be served',
      registers: [],
      collect() {
        this.set(host.setAside().size);
      },
    });
    const own = [info, setAside, ...worldMetrics(host), this.#requests, this.#rateLimited, waiting];
    for (const metric of own) this.#registry.registerMetric(metric);
  }

  /** `route` is a pattern, not an address: of those there are few. */
  noteRequest(method: string, route: string, status: number): void {
    this.#requests.inc({ method, route, status });
  }

  noteRateLimited(verb: string): void {
    this.#rateLimited.inc({ verb });
  }

  /** All of them, but for histograms. */
  async numbers(): Promise<readonly Numbers[]> {
    const all = await Registry.merge([this.#registry, processMetrics()]).getMetricsAsJSON();
    return all.flatMap(({ name, help, type, values }): Numbers[] => {
      const kind = String(type);
      if (kind !== 'counter' && kind !== 'gauge') return [];
      return [
        { name, help, type: kind, values: values.map(({ labels, value }) => ({ value, labels: definedOf(labels) })) },
      ];
    });
  }

  /** In Prometheus' text format, with its content type. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    const all = Registry.merge([this.#registry, processMetrics()]);
    return { type: all.contentType, body: await all.metrics() };
  }
}

/** Labels that were set. */
function definedOf(labels: Partial<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
