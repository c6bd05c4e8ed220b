/** The page that shows each command's help: its blocks that begin with a command's usage are what the command prints. */
import { makeCommandTree } from '@jitos/daemon/cli/command-tree.ts';
import { runCtl } from '../daemon/run-ctl.ts';

/** Path from the root of the checkout. */
export const HELP_PAGE = 'docs/spec/cli.md';

const BLOCK = /(?<=^```text\n)Usage: jitosctl ([^[<\n]*)[^]*?(?=^```$)/gm;

/** What the page should be. */
export async function performHelpPage(page: string): Promise<string> {
  let told = '';
  let end = 0;
  for (const { 0: block, 1: words = '', index } of page.matchAll(BLOCK)) {
    told += page.slice(end, index) + (await helpOf(words.trim()));
    end = index + block.length;
  }
  return told + page.slice(end);
}

/** The help of a command, without what is said once of all of them. */
export async function helpOf(words: string): Promise<string> {
  const { stdout } = await runCtl([...words.split(' '), '--help'].filter(Boolean), { workingDir: '/' });
  return stdout.replace(/\nGlobal Options:\n(?: .*\n)+/, '');
}

/** The commands that do something, and those that only have others below them, by the words that name them. */
export function allCommands(): { readonly commands: readonly string[]; readonly groups: readonly string[] } {
  const commands: string[] = [];
  const groups: string[] = [];
  const paper = { isTerminal: false, hasColor: false };
  const output = { write: () => undefined, paper, screen: () => ({ width: 100, height: 24 }) };
  const tree = makeCommandTree({ version: '', output, writeHelpOfError: () => undefined, run: async () => undefined });
  const visit = (words: string, command: typeof tree): void => {
    const below = command.createHelp().visibleCommands(command);
    (below.length === 0 ? commands : groups).push(words);
    for (const each of below) visit(`${words} ${each.name()}`.trim(), each);
  };
  visit('', tree);
  return { commands, groups: groups.filter(Boolean) };
}
