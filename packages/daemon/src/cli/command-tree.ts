/** All commands of `jitosctl`, in the groups that its help shows. */
import { Command, type Argument } from 'commander';
import { examples, type Run } from './command.ts';
import { addBackup } from './commands/backup.ts';
import { addBisect } from './commands/bisect.ts';
import { addCollapse } from './commands/collapse.ts';
import { addComplete, addCompletionBash } from './commands/completion.ts';
import { addConsole } from './commands/console.ts';
import { addDiff } from './commands/diff.ts';
import { addDoctor } from './commands/doctor.ts';
import { addGraph } from './commands/graph.ts';
import { addImportGit } from './commands/import-git.ts';
import { addJsonl } from './commands/jsonl.ts';
import { addGrantAdd, addGrantList, addGrantNarrow, addGrantRevoke, addGrantShow } from './commands/grant.ts';
import { addKeyNew } from './commands/key-new.ts';
import { addKeyRotate, addKeyShow } from './commands/key.ts';
import { addLogArchive } from './commands/log-archive.ts';
import { addLogCheck } from './commands/log-check.ts';
import { addLogInspect } from './commands/log-inspect.ts';
import { addLogRepair } from './commands/log-repair.ts';
import { addLogUnarchive } from './commands/log-unarchive.ts';
import { addPatchApply, addPatchExport } from './commands/patch.ts';
import { addProveConsistency, addProveElement, addProveEvent } from './commands/prove.ts';
import { addRebase, addResolve } from './commands/rebase.ts';
import { addProfileAdd, addProfileList, addProfileRemove, addProfileShow, addProfileUse } from './commands/profile.ts';
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
import { addGlobalFlags } from './flags.ts';
import { bold, type Sheet } from './terminal/paper.ts';

export interface CommandTreeParts {
  readonly version: string;
  /** Takes the help that is asked for. */
  readonly output: Sheet;
  /** Takes the help that is shown because words are missing. */
  readonly writeHelpOfError: (text: string) => void;
  readonly run: Run;
}

export function makeCommandTree({ version, output, writeHelpOfError, run }: CommandTreeParts): Command {
  const program = new Command('jitosctl')
    .description('Asks and changes the worlds of jitos, through the daemon or straight in a data folder.')
    .version(version)
    .usage('<command> [flags]')
    .helpCommand(false)
    .allowExcessArguments(false)
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => bold(output.paper, title),
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentText)].join(' '),
    })
    .configureOutput({
      writeOut: output.write,
      writeErr: writeHelpOfError,
      outputError: () => undefined,
      getOutHelpWidth: () => output.screen().width,
      getOutHasColors: () => output.paper.hasColor,
    })
    .exitOverride();
  addGlobalFlags(program);
  program.commandsGroup('Worlds:');
  const world = group(program, 'world', { description: 'make and list worlds', example: 'world list' });
  addWorldCreate(world, run);
  addWorldList(world, run);
  const settings = group(program, 'settings', {
    description: 'show and change what a world has set',
    example: 'settings show',
  });
  addSettingsShow(settings, run);
  addSettingsSet(settings, run);
  addImportGit(
    group(program, 'import', { description: 'bring in what lives elsewhere', example: 'import git .' }),
    run,
  );
  program.commandsGroup('What views hold:');
  addGraph(program, run);
  addDiff(program, run);
  program.commandsGroup('Workspaces:');
  const sws = group(program, 'sws', { description: 'make, show and drop workspaces', example: 'sws create' });
  addSwsCreate(sws, run);
  addSwsList(sws, run);
  addSwsShow(sws, run);
  addSwsDiscard(sws, run);
  addRewrite(program, run);
  addCollapse(program, run);
  addRebase(program, run);
  addResolve(program, run);
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
  const patch = group(program, 'patch', {
    description: 'carry a difference into any world',
    example: 'patch export --view sws:3',
  });
  addPatchExport(patch, run);
  addPatchApply(patch, run);
  program.commandsGroup('History:');
  addRewrites(program, run);
  addWhy(program, run);
  addUndo(program, run);
  addBisect(program, run);
  addReplay(program, run);
  program.commandsGroup('Rules:');
  const rules = group(program, 'rules', { description: 'propose and show rule packs', example: 'rules show' });
  addRulesPropose(rules, run);
  addRulesShow(rules, run);
  addRulesStatus(rules, run);
  addRulesWithdraw(rules, run);
  program.commandsGroup('Proofs and authority:');
  const prove = group(program, 'prove', {
    description: 'prove to others what a history holds',
    example: 'prove event 42 --out event-42.json',
  });
  addProveEvent(prove, run);
  addProveConsistency(prove, run);
  addProveElement(prove, 'node', run);
  addProveElement(prove, 'edge', run);
  addVerifyProof(program, run);
  const key = group(program, 'key', {
    description: 'make a key; show and change the one that signs',
    example: 'key show',
  });
  addKeyNew(key, run);
  addKeyShow(key, run);
  addKeyRotate(key, run);
  const grant = group(program, 'grant', {
    description: 'give keys what they may do, hand it on, take it back',
    example: 'grant list',
  });
  addGrantAdd(grant, run);
  addGrantList(grant, run);
  addGrantShow(grant, run);
  addGrantRevoke(grant, run);
  addGrantNarrow(grant, run);
  program.commandsGroup('Operations:');
  addDoctor(program, run);
  addConsole(program, run);
  addBackup(program, run);
  addRestore(program, run);
  const log = group(program, 'log', { description: 'look after the log of a world', example: 'log check' });
  addLogArchive(log, run);
  addLogCheck(log, run);
  addLogInspect(log, run);
  addLogRepair(log, run);
  addLogUnarchive(log, run);
  addJsonl(program, run);
  program.commandsGroup('This program:');
  const profile = group(program, 'profile', { description: 'keep daemons under names', example: 'profile list' });
  addProfileAdd(profile, run);
  addProfileList(profile, run);
  addProfileShow(profile, run);
  addProfileUse(profile, run);
  addProfileRemove(profile, run);
  const completion = group(program, 'completion', {
    description: 'have command lines completed',
    example: 'completion bash',
  });
  addCompletionBash(completion, run);
  addComplete(program, run);
  return program.addHelpText('after', HELP_END);
}

function argumentText(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
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
