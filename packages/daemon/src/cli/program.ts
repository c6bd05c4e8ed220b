/**
 * `jitosctl` as a function: parses a command line, runs the command, prints its answer, and gives the exit status.
 *
 * - C1 Standard output holds the answer and nothing else; errors and progress go to standard error.
 * - C2 With `--json` the answer is one JSON document on one line, and so is an error; of what is watched, each part is.
 * - C3 The exit status is the registry's for a failure, the answer's own otherwise, and 70 for what nobody foresaw.
 */
import { Command, CommanderError } from 'commander';
import { examples, type Answer, type Context, type Run, type SessionNeed, type Streams } from './command.ts';
import { addBackup } from './commands/backup.ts';
import { addBisect } from './commands/bisect.ts';
import { addCollapse } from './commands/collapse.ts';
import { addConsole } from './commands/console.ts';
import { addDiff } from './commands/diff.ts';
import { addDoctor } from './commands/doctor.ts';
import { addGraph } from './commands/graph.ts';
import { addImportGit } from './commands/import-git.ts';
import { addJsonl } from './commands/jsonl.ts';
import { addKeyRotate, addKeyShow } from './commands/key.ts';
import { addKeyNew } from './commands/key-new.ts';
import { addLogArchive } from './commands/log-archive.ts';
import { addLogCheck } from './commands/log-check.ts';
import { addLogInspect } from './commands/log-inspect.ts';
import { addLogRepair } from './commands/log-repair.ts';
import { addLogUnarchive } from './commands/log-unarchive.ts';
import { addPatchApply, addPatchExport } from './commands/patch.ts';
import { addProveConsistency, addProveElement, addProveEvent } from './commands/prove.ts';
import { addRebase, addResolve } from './commands/rebase.ts';
import { addReplay } from './commands/replay.ts';
import { addRestore } from './commands/restore.ts';
import { addRewrite } from './commands/rewrite.ts';
import { addRewrites } from './commands/rewrites.ts';
import { addRulesPropose } from './commands/rules-propose.ts';
import { addRulesShow } from './commands/rules-show.ts';
import { addRulesStatus } from './commands/rules-status.ts';
import { addRulesWithdraw } from './commands/rules-withdraw.ts';
import {
  addSessionCheckpoint,
  addSessionFork,
  addSessionMerge,
  addSessionPublish,
  addSessionStart,
  addSessionUndo,
} from './commands/session.ts';
import { addSettingsSet, addSettingsShow } from './commands/settings.ts';
import { addSwsCreate } from './commands/sws-create.ts';
import { addSwsDiscard } from './commands/sws-discard.ts';
import { addSwsList } from './commands/sws-list.ts';
import { addSwsShow } from './commands/sws-show.ts';
import { addUndo } from './commands/undo.ts';
import { addVerifyProof } from './commands/verify-proof.ts';
import { addWhy } from './commands/why.ts';
import { addWorldCreate } from './commands/world-create.ts';
import { addWorldList } from './commands/world-list.ts';
import { usageFailure } from './daemon/options.ts';
import { addGlobalFlags, readGlobalFlags, type RawFlags } from './flags.ts';
import { openSession } from './open-session.ts';
import type { Session } from './session.ts';
import { asFailure, exitStatusOf, failureJson, failureText } from './terminal/failure-text.ts';
import type { Paper } from './terminal/paper.ts';
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

/** A stream that text is printed on. */
export interface Sheet {
  readonly write: (text: string) => void;
  readonly paper: Paper;
  /** Columns that help is wrapped to. */
  readonly width: number;
}

/** Runs a command line and returns the exit status. Never throws. */
export async function runProgram(shell: Shell): Promise<number> {
  let status = 0;
  let help = '';
  // Read from the words themselves: a command line that can't be parsed must be told as JSON too.
  const isJson = shell.args.includes('--json');
  const program = makeProgram(
    shell,
    (piece) => (help += piece),
    async (command, work) => {
      status = await runCommand(shell, command, work);
    },
  );
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
  const flags = readGlobalFlags(command.optsWithGlobals<RawFlags>(), environment, workingDir);
  let opened: Promise<Session> | undefined;
  const session = (need?: SessionNeed): Promise<Session> => {
    return (opened ??= openSession({ flags, progress, mayMakeFolder: need?.mayMakeFolder === true }));
  };
  const print: Context['print'] = ({ json, text }) => {
    if (json !== undefined) output.write(flags.json ? `${JSON.stringify(json)}\n` : text(output.paper));
  };
  let answer: Answer;
  try {
    answer = await work({ flags, workingDir, stopSignal, progress, print, readInput, streams, session });
  } finally {
    progress.end();
    await opened?.then((each) => each.close(), ignore);
  }
  print(answer);
  return answer.status;
}

/** The failure to open it was the command's own failure. */
function ignore(): void {}

function makeProgram(shell: Shell, writeHelpOfError: (text: string) => void, run: Run): Command {
  const program = new Command('jitosctl')
    .description('Asks and changes the worlds of jitos, through the daemon or straight in a data folder.')
    .version(shell.version)
    .usage('<command> [flags]')
    .helpCommand(false)
    .allowExcessArguments(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: shell.output.write,
      writeErr: writeHelpOfError,
      outputError: ignore,
      getOutHelpWidth: () => shell.output.width,
      getOutHasColors: () => shell.output.paper.hasColor,
    })
    .exitOverride();
  addGlobalFlags(program);
  const world = group(program, 'world', { description: 'make and list worlds', example: 'world list' });
  addWorldCreate(world, run);
  addWorldList(world, run);
  addGraph(program, run);
  addRewrites(program, run);
  const sws = group(program, 'sws', { description: 'make, show and drop workspaces', example: 'sws create' });
  addSwsCreate(sws, run);
  addSwsList(sws, run);
  addSwsShow(sws, run);
  addSwsDiscard(sws, run);
  addRewrite(program, run);
  addCollapse(program, run);
  addRebase(program, run);
  addResolve(program, run);
  addWhy(program, run);
  addUndo(program, run);
  const session = group(program, 'session', {
    description: 'work from a start to its publication',
    example: 'session start',
  });
  addSessionStart(session, run);
  addSessionCheckpoint(session, run);
  addSessionUndo(session, run);
  addSessionFork(session, run);
  addSessionMerge(session, run);
  addSessionPublish(session, run);
  const settings = group(program, 'settings', {
    description: 'show and change what a world has set',
    example: 'settings show',
  });
  addSettingsShow(settings, run);
  addSettingsSet(settings, run);
  const patch = group(program, 'patch', {
    description: 'carry a difference into any world',
    example: 'patch export --view sws:3',
  });
  addPatchExport(patch, run);
  addPatchApply(patch, run);
  const rules = group(program, 'rules', { description: 'propose and show rule packs', example: 'rules show' });
  addRulesPropose(rules, run);
  addRulesShow(rules, run);
  addRulesStatus(rules, run);
  addRulesWithdraw(rules, run);
  addReplay(program, run);
  addBisect(program, run);
  addDiff(program, run);
  const log = group(program, 'log', { description: 'look after the log of a world', example: 'log check' });
  addLogArchive(log, run);
  addLogCheck(log, run);
  addLogInspect(log, run);
  addLogRepair(log, run);
  addLogUnarchive(log, run);
  const prove = group(program, 'prove', {
    description: 'prove to others what a history holds',
    example: 'prove event 42 --out event-42.json',
  });
  addProveEvent(prove, run);
  addProveConsistency(prove, run);
  addProveElement(prove, 'node', run);
  addProveElement(prove, 'edge', run);
  const key = group(program, 'key', {
    description: 'make a key; show and change the one that signs',
    example: 'key show',
  });
  addKeyNew(key, run);
  addKeyShow(key, run);
  addKeyRotate(key, run);
  addVerifyProof(program, run);
  addBackup(program, run);
  addRestore(program, run);
  addConsole(program, run);
  addDoctor(program, run);
  addJsonl(program, run);
  addImportGit(
    group(program, 'import', { description: 'bring in what lives elsewhere', example: 'import git .' }),
    run,
  );
  return program.addHelpText('after', HELP_END);
}

/** A command that only has others below it. */
function group(
  program: Command,
  name: string,
  { description, example }: { readonly description: string; readonly example: string },
): Command {
  return program
    .command(name)
    .usage('<command> [flags]')
    .description(description)
    .helpCommand(false)
    .addHelpText('after', examples(example));
}

const HELP_END = `
Exit status: 0 ok, 1 a check failed or a collapse was aborted, 2 usage or invalid input, 3 denied, 4 not found,
5 fault or unreachable, 70 a bug.

Example:
  npx jitosctl graph --view system --digest`;
