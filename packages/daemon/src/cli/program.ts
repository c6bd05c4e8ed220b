/**
 * `jitosctl` as a function: parses a command line, runs the command, prints its answer, and gives the exit status.
 *
 * - C1 Standard output holds the answer and nothing else; errors and progress go to standard error.
 * - C2 With `--json` the answer is one JSON document on one line, and so is an error; of what is watched, each part is.
 * - C3 The exit status is the registry's for a failure, the answer's own otherwise, and 70 for what nobody foresaw.
 */
import { CommanderError, type Command } from 'commander';
import type { Answer, Context, SessionNeed, Streams } from './command.ts';
import { makeCommandTree } from './command-tree.ts';
import { usageFailure } from './daemon/options.ts';
import { readGlobalFlags, type RawFlags } from './flags.ts';
import { chooseProfile } from './profiles.ts';
import { openSession } from './open-session.ts';
import type { Session } from './session.ts';
import { asFailure, exitStatusOf, failureJson, failureText } from './terminal/failure-text.ts';
import type { Sheet } from './terminal/paper.ts';
import type { Progress } from './terminal/progress.ts';

/** The surroundings of one run. */
export interface Shell {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDir: string;
  readonly version: string;
  readonly stopSignal: () => AbortSignal;
  readonly output: Sheet;
  readonly errors: Sheet;
  readonly progress: Progress;
  readonly readInput: () => Promise<string | undefined>;
  readonly streams: () => Streams;
}

/** Runs a command line and returns the exit status. Never throws. */
export async function runProgram(shell: Shell): Promise<number> {
  let status = 0;
  let help = '';
  // Read from the words themselves: a command line that can't be parsed must be told as JSON too.
  const isJson = shell.args.includes('--json');
  const { version, output } = shell;
  const program = makeCommandTree({
    version,
    output,
    writeHelpOfError: (piece) => (help += piece),
    run: async (command, work) => {
      status = await runCommand(shell, command, work);
    },
  });
  try {
    await program.parseAsync(shell.args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = error instanceof CommanderError ? usageFailure(error) : asFailure(error);
    status = exitStatusOf(failure);
    // Words were missing, not wrong: commander has put the help there.
    if (help !== '' && !isJson) shell.errors.write(help);
    else if (isJson) shell.errors.write(`${JSON.stringify(failureJson(failure))}\n`);
    else shell.errors.write(failureText(shell.errors.paper, failure));
  }
  return status;
}

async function runCommand(
  shell: Shell,
  command: Command,
  work: (context: Context) => Promise<Answer>,
): Promise<number> {
  const { environment, workingDir, stopSignal, progress, readInput, streams, output } = shell;
  const raw = command.optsWithGlobals<RawFlags>();
  const profile = usesProfile(command) ? chooseProfile(raw.profile, environment) : null;
  const flags = readGlobalFlags(raw, { environment, profile, workingDir });
  let opened: Promise<Session> | undefined;
  const session = (need?: SessionNeed): Promise<Session> => {
    return (opened ??= openSession({ flags, progress, mayMakeFolder: need?.mayMakeFolder === true }));
  };
  const print: Context['print'] = ({ json, text }) => {
    if (json !== undefined) output.write(flags.json ? `${JSON.stringify(json)}\n` : text(output.paper));
  };
  let answer: Answer;
  try {
    answer = await work({
      flags,
      environment,
      workingDir,
      stopSignal,
      progress,
      screen: output.screen,
      print,
      readInput,
      streams,
      session,
    });
  } finally {
    progress.end();
    await opened?.then((each) => each.close(), ignore);
  }
  print(answer);
  return answer.status;
}

/** What changes profiles must do even where the one that is in use is gone. */
function usesProfile(command: Command): boolean {
  return command.parent?.name() !== 'profile';
}

/** The failure to open it was the command's own failure. */
function ignore(): void {}
