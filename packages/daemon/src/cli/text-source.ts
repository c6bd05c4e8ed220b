/** Text that a command is given in a file, or on standard input where that is named `-`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';
import type { Context } from './command.ts';

/** Throws `USAGE` at `typed`, what the file was typed as. */
export async function readTextSource(
  { readInput, workingDir }: Pick<Context, 'readInput' | 'workingDir'>,
  file: string,
  typed: string,
): Promise<string> {
  if (file === '-') {
    const text = await readInput();
    if (text !== undefined) return text;
    throw new Failure('USAGE', typed, 'standard input is a terminal: name a file');
  }
  try {
    return await readFile(resolve(workingDir, file), 'utf8');
  } catch (error) {
    throw new Failure('USAGE', typed, `${file} can not be read`, { cause: error });
  }
}
