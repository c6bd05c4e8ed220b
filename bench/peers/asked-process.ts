/** A process that is asked one thing after another on its standard input. */
import { spawn, type SpawnOptions } from 'node:child_process';

export interface AskedProcess {
  /** Writes a question; resolves with what is said until `isWhole` holds of it. One question at a time. */
  ask(question: string, isWhole: (said: string) => boolean): Promise<string>;
  /** Ends its input, and waits until it is gone. */
  close(): Promise<void>;
}

export function startProcess(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env'>,
): AskedProcess {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.setEncoding('latin1');
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(`${command} ended with ${signal ?? status}`));
  });
  return {
    ask: (question, isWhole) =>
      new Promise((resolve, reject) => {
        let said = '';
        const hear = (text: string): void => {
          said += text;
          if (!isWhole(said)) return;
          child.stdout.off('data', hear);
          resolve(said);
        };
        child.stdout.on('data', hear);
        void ended.then((how) => reject(new Error(how)));
        child.stdin.write(question, 'latin1');
      }),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
