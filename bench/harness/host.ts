/**
 * The process of one entrant: opens its workload and runs a round whenever it is told to.
 *
 * Each entrant has a process of its own, so that nobody's heap is collected on somebody else's time and a crash in a
 * native module costs only that entrant. It ends with its parent.
 */
import { stopServers } from './server-process.ts';
import type { OpenWorkload, Sample, Workload } from './workload.ts';

export type Request =
  | { readonly do: 'open'; readonly module: string; readonly options: unknown; readonly dir: string }
  | { readonly do: 'round'; readonly budgetMs: number }
  | { readonly do: 'close' };

export type Answer = { readonly ok: true; readonly sample?: Sample } | { readonly ok: false; readonly message: string };

let workload: Workload | undefined;

async function answer(request: Request): Promise<Answer> {
  if (request.do === 'open') {
    // The module is named by a bench of this folder, which imports its type for the options.
    const { open } = (await import(request.module)) as { readonly open: OpenWorkload<unknown> };
    workload = await open(request.options, request.dir);
    return { ok: true };
  }
  if (workload === undefined) throw new Error(`${request.do} before open`);
  if (request.do === 'round') return { ok: true, sample: await workload.round(request.budgetMs) };
  await workload.close?.();
  return { ok: true };
}

process.on('message', (request: Request) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
});
// A terminal sends it to everybody; the parent ends its entrants in order.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => {
  void stopServers().then(() => process.exit());
});
