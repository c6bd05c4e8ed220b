/** The real programs as processes: `jitosd` and `jitosctl`, on the Node that runs the tests. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PATHS: Readonly<Record<'jitosd' | 'jitosctl', string>> = {
  jitosd: fileURLToPath(import.meta.resolve('@jitos/daemon/main.ts')),
  jitosctl: fileURLToPath(import.meta.resolve('@jitos/daemon/cli/main.ts')),
};

export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly workingDir: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Words put before the program's own, such as `['prlimit', '--fsize=1000']`. */
  readonly wrapper?: readonly string[];
}

export interface RunningProgram {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Resolves with the match once standard output has one; rejects if the program ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<ProgramEnd>;
}

/** A tick that no test outlives: on a slow machine there would be more events. */
export const STILL: Readonly<Record<string, string>> = { JITOS_QUANTUM_MS: '86400000' };

/** Nothing of the tests' own surroundings tells the program where its user stands. */
export function programEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:JITOS_|INIT_CWD$|NODE_TEST)/.test(name));
  // Whoever runs the tests may have profiles of their own.
  return { ...Object.fromEntries(inherited), XDG_CONFIG_HOME: '/nowhere', ...STILL, ...extra };
}

export function startProgram(
  name: keyof typeof PATHS,
  args: readonly string[],
  { wrapper = [], ...options }: ProgramOptions,
): RunningProgram {
  const [command = '', ...words] = [...wrapper, process.execPath, PATHS[name], ...args];
  return watchChild(spawn(command, words, spawnOptions(options)));
}

/** A program that should have ended long ago is killed, and its test fails. */
const TIMEOUT_MS = 120_000;

export function spawnOptions({ workingDir, environment }: Omit<ProgramOptions, 'wrapper'>): SpawnOptions {
  return {
    cwd: workingDir,
    env: programEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  };
}

/** Gathers what a child prints. */
export function watchChild(child: ChildProcess): RunningProgram {
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, ...output }));
  });
  const printed = (pattern: RegExp): Promise<RegExpExecArray> => {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output.stdout);
        if (match === null) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(({ status, stderr }) =>
        reject(new Error(`ended with ${status} before it printed ${pattern}: ${stderr}`)),
      );
    });
  };
  return { child, output, printed, ended };
}
