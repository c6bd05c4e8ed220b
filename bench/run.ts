/**
 * `npm run bench`: measures jitos beside bare probes and, with `--peers`, beside what others wrote.
 *
 * Figures go to stdout, one JSON line each (a table on a terminal); everything for a person goes to stderr.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, BenchContext, Size } from './harness/bench.ts';
import { contestFigures, runContest } from './harness/contest.ts';
import { figuresToTable, figureToJson, type Figure } from './harness/figure.ts';
import { installPeers } from './harness/peers.ts';

const HELP = `Usage: npm run bench -- [name …] [options]

Measures the benches whose name is given or begins with it; all of them by default.

  --size smoke|full   smoke (default): seconds, shows that all runs; full: minutes, for numbers to report
  --peers             also measure what others wrote; installs it into bench/peers when it is missing
  --json              JSON lines even on a terminal
  --charts DIR        write the pictures of the chosen benches there
  --list              name the benches and stop
  --help

Example: npm run bench -- log.append trie --size full --peers
Folders are made under TMPDIR, which has to be on a disk for syncs to mean anything.`;

/** How long a round lasts and how many count. */
const TERMS = { smoke: { roundMs: 10, runs: 1 }, full: { roundMs: 500, runs: 7 } } as const;

/** The file system type that Linux reports for tmpfs. */
const TMPFS_TYPE = 0x01021994;

interface Choice {
  readonly benches: readonly Bench[];
  readonly size: Size;
  readonly withPeers: boolean;
  readonly asJson: boolean;
  readonly charts: string | undefined;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function loadBenches(): Promise<Bench[]> {
  const folder = new URL('./benches/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const modules = await Promise.all(
    // Every file of that folder exports `bench`; a test runs them all.
    files.map((file) => import(new URL(file, folder).href) as Promise<{ readonly bench: Bench }>),
  );
  return modules.map(({ bench }) => bench);
}

/** Reads the command line; undefined when help or the list was all that was wanted. Throws on what it can't read. */
async function readChoice(): Promise<Choice | undefined> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      size: { type: 'string', default: 'smoke' },
      peers: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      charts: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const all = await loadBenches();
  if (values.help || values.list) {
    process.stdout.write(values.help ? `${HELP}\n` : all.map((b) => `${b.name.padEnd(18)}${b.summary}\n`).join(''));
    return undefined;
  }
  const { size } = values;
  if (size !== 'smoke' && size !== 'full') throw new Error(`--size is smoke or full, not '${size}'`);
  const names = all.map(({ name }) => name).join(', ');
  for (const name of positionals) {
    if (!all.some((bench) => bench.name.startsWith(name))) throw new Error(`no bench '${name}'; there are ${names}`);
  }
  const chosen = all.filter(({ name }) => positionals.length === 0 || positionals.some((p) => name.startsWith(p)));
  const charts = values.charts === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', values.charts);
  return { benches: chosen, size, withPeers: values.peers, asJson: values.json || !process.stdout.isTTY, charts };
}

function contextFor(bench: Bench, choice: Choice, dir: string, signal: AbortSignal, figures: Figure[]): BenchContext {
  const terms = {
    ...TERMS[choice.size],
    bench: bench.name,
    dir,
    withPeers: choice.withPeers,
    signal,
    note: (text: string): void => note(`${bench.name}: ${text}`),
  };
  return {
    size: choice.size,
    pick: (sizes) => sizes[choice.size],
    contest: async (contest) => {
      const samplesByName = await runContest(contest, terms);
      const added = contestFigures(contest, bench.name, samplesByName);
      if (choice.asJson) for (const figure of added) process.stdout.write(`${figureToJson(figure)}\n`);
      figures.push(...added);
      return samplesByName;
    },
    chart: (fileName, svg) => {
      if (choice.charts === undefined) return;
      mkdirSync(choice.charts, { recursive: true });
      writeFileSync(join(choice.charts, fileName), svg);
    },
  };
}

async function runBenches(choice: Choice, signal: AbortSignal): Promise<void> {
  note(`Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model ?? 'an unknown processor'}`);
  if (choice.withPeers) installPeers(note);
  const root = mkdtempSync(join(tmpdir(), 'jitos-bench-'));
  try {
    // The entrants import much the same code, each in a process of its own.
    process.env['NODE_COMPILE_CACHE'] ??= join(root, 'compile-cache');
    if (statfsSync(root).type === TMPFS_TYPE) note(`${root} is in memory: syncs cost nothing there; set TMPDIR`);
    const figures: Figure[] = [];
    for (const bench of choice.benches) {
      const dir = join(root, bench.name);
      await bench.run(contextFor(bench, choice, dir, signal, figures));
      rmSync(dir, { recursive: true, force: true });
    }
    if (!choice.asJson) process.stdout.write(`${figuresToTable(figures)}\n`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  let choice: Choice | undefined;
  try {
    choice = await readChoice();
  } catch (error) {
    note(`${(error as Error).message}\n\n${HELP}`); // parseArgs and readChoice throw errors only
    process.exitCode = 2;
    return;
  }
  if (choice === undefined) return;
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  try {
    await runBenches(choice, interrupt.signal);
  } catch (error) {
    note(error instanceof Error && !interrupt.signal.aborted ? (error.stack ?? error.message) : 'interrupted');
    process.exitCode = 1;
  }
}

await main();
