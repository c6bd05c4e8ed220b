/**
 * Transcripts: commands of `jitosctl` with what they print, run again and compared as text.
 *
 *     # a comment                     stays as it is, behind an empty line
 *     $ jitosctl sws create           a command; `npx jitosctl` is the same
 *     $ cat > ops.json <<'END'        a file, written in the working folder; its lines up to END
 *     …                               what the command prints; [1] behind it where its status is not 0
 *
 * Ids and digests are told by their first eight digits and `…`, and may be typed so. A world's numbers, ids and digests come
 * of what was done to it alone, so the same commands print the same; what is random (`stillText`) is left out.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCtl } from '../daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '../daemon/serve-folder.ts';
import { makeTempFolder } from '../temp-folder.ts';
import { stillText } from './still-text.ts';

const HASH = /[0-9a-f]{64}/g;
const SHORT = /([0-9a-f]{8})…/g;
const FILE = /^cat > (\S+) <<'END'$/;

/** A folder that a daemon serves, and what was seen there so far. */
export class Stage implements AsyncDisposable {
  readonly #folder = makeTempFolder();
  #daemon: ServedFolder | undefined;
  readonly #hashes = new Map<string, string>();

  /** What the transcript should be: its comments and commands, with what they print now. */
  async perform(text: string): Promise<string> {
    this.#daemon ??= await this.#serve();
    const lines = text.split('\n');
    const told: string[] = [];
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]!; // within the list
      if (line.startsWith('#') && !isPrinted(lines, at)) told.push(line);
      if (!line.startsWith('$ ')) continue;
      const name = FILE.exec(line.slice(2))?.[1];
      if (name === undefined) {
        told.push(line, ...(await this.#run(line.slice(2))), '');
        continue;
      }
      const end = lines.indexOf('END', at);
      if (end < 0) throw new Error(`${line} has no END`);
      writeFileSync(join(this.#workingDir, name), `${lines.slice(at + 1, end).join('\n')}\n`);
      told.push(...lines.slice(at, end + 1), '');
      at = end;
    }
    return `${told.join('\n').trimEnd()}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.close();
    this.#folder.remove();
  }

  get #workingDir(): string {
    return join(this.#folder.path, 'work');
  }

  async #serve(): Promise<ServedFolder> {
    mkdirSync(this.#workingDir);
    const daemon = await serveFolder(join(this.#workingDir, 'data'));
    await daemon.host.createWorld('main').catch(() => undefined); // it may be there
    return daemon;
  }

  async #run(command: string): Promise<readonly string[]> {
    const [program, ...args] = splitWords(command.replace(/^npx /, ''));
    if (program !== 'jitosctl') throw new Error(`'${command}' is no command of jitosctl`);
    const words = args.map((word) => word.replaceAll(SHORT, (_, start: string) => this.#hashes.get(start) ?? start));
    const surroundings = { workingDir: this.#workingDir, environment: { HOME: this.#folder.path }, isTerminal: true };
    const { status, stdout, stderr } = await runCtl(words, surroundings);
    const lines = this.#shorten(stillText(`${stdout}${stderr}`, this.#folder.path))
      .trimEnd()
      .split('\n');
    return [...lines.filter((line, at) => line !== '' || at > 0), ...(status === 0 ? [] : [`[${status}]`])];
  }

  #shorten(text: string): string {
    return text.replaceAll(HASH, (hash) => {
      const start = hash.slice(0, 8);
      if ((this.#hashes.get(start) ?? hash) !== hash) throw new Error(`two hashes begin with ${start}`);
      this.#hashes.set(start, hash);
      return `${start}…`;
    });
  }
}

/** A command may print such a line, too: a comment stands behind an empty line, or another comment. */
function isPrinted(lines: readonly string[], at: number): boolean {
  const before = lines.slice(0, at).findLastIndex((line) => !line.startsWith('#'));
  return before >= 0 && lines[before] !== '';
}

/** Words between blanks; quotes of either kind hold together what stands in them. */
function splitWords(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => {
    return word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? '');
  });
}

const BLOCK = /(?<=^```console\n)[^]*?(?=^```$)/gm;

/** A page whose `console` blocks are parts of one transcript. */
export async function performPage(stage: Stage, page: string): Promise<string> {
  let told = '';
  let end = 0;
  for (const { 0: block, index } of page.matchAll(BLOCK)) {
    told += page.slice(end, index) + (await stage.perform(block));
    end = index + block.length;
  }
  return told + page.slice(end);
}
