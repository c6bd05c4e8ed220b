/**
 * The completion of `jitosctl` for bash, made from the tree of its commands: a script with three tables, of the commands below a
 * command, of its flags, and of what a flag or an argument takes. Only worlds, workspaces, policies and profiles are asked for while
 * somebody types, by the hidden command `complete`.
 *
 * It runs on bash 3.2, which has no `mapfile` and no negative indices.
 */
import type { Argument, Command, Option } from 'commander';
import { readFileSync } from 'node:fs';

/** What may stand in a place: `text` is anything, and nothing is suggested. */
type Kind = 'worlds' | 'workspaces' | 'views' | 'policies' | 'profiles' | 'file' | 'folder' | 'text';

const KIND_BY_FLAG: Readonly<Record<string, Kind>> = {
  '--world': 'worlds',
  '--policy': 'policies',
  '--default-policy': 'policies',
  '--profile': 'profiles',
};
const KIND_BY_VALUE: Readonly<Record<string, Kind>> = {
  sws: 'workspaces',
  view: 'views',
  file: 'file',
  folder: 'folder',
  'data-dir': 'folder',
  repo: 'folder',
  backup: 'folder',
};

/** The script; `program` is the root of the tree. */
export function bashScript(program: Command): string {
  const below: string[] = [];
  const flags: string[] = [];
  const takes: string[] = [];
  visit(program, '', (path, command) => {
    const names = subcommands(command).map((each) => each.name());
    if (names.length > 0) below.push(caseLine(path, names.join(' ')));
    const own = path === '' ? [] : optionsOf(command);
    if (own.length > 0) flags.push(caseLine(path, own.map(nameOf).join(' ')));
    for (const option of own.filter(takesValue))
      takes.push(caseLine(`${path} ${nameOf(option)}`, kindOfOption(option)));
    const [argument] = command.registeredArguments;
    if (argument !== undefined) takes.push(caseLine(`${path} -`, kindOfArgument(path, argument)));
  });
  const globals = optionsOf(program);
  const globalTakes = globals
    .filter(takesValue)
    .map((each) => `    *\\ ${nameOf(each)}) REPLY=${kindOfOption(each)} ;;`);
  const tables: Readonly<Record<string, readonly string[]>> = {
    below,
    flags,
    takes: [...takes, ...globalTakes],
    globals: [caseLine('', [...globals.map(nameOf), '--help'].join(' '))],
  };
  const functions = Object.entries(tables).map(([name, lines]) => {
    return `__jitosctl_${name}() {\n  REPLY=\n  case "$1" in\n${lines.join('\n')}\n  esac\n}\n`;
  });
  return `${HEAD}${functions.join('\n')}\n${BODY}`;
}

function visit(command: Command, path: string, see: (path: string, command: Command) => void): void {
  see(path, command);
  for (const each of subcommands(command)) visit(each, `${path} ${each.name()}`.trim(), see);
}

/** Without those that are hidden. */
function subcommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function optionsOf(command: Command): readonly Option[] {
  return command.options.filter(({ long }) => long !== undefined && long !== null);
}

function nameOf({ long }: Option): string {
  return long ?? '';
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function kindOfOption(option: Option): Kind {
  const value = /[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? '';
  return KIND_BY_FLAG[nameOf(option)] ?? KIND_BY_VALUE[value] ?? 'text';
}

function kindOfArgument(path: string, argument: Argument): Kind {
  if (/^profile (?:show|use|remove)$/.test(path)) return 'profiles';
  return KIND_BY_VALUE[argument.name()] ?? 'text';
}

/** Names hold neither quotes nor what a shell would expand. */
function caseLine(pattern: string, words: string): string {
  return `    '${pattern}') REPLY='${words}' ;;`;
}

const HEAD = `# Completion of jitosctl for bash. Use it by: source <(npx jitosctl completion bash)

`;

const BODY = readFileSync(new URL('./jitosctl.bash', import.meta.url), 'utf8');
