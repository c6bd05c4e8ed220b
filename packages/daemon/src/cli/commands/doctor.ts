/** `jitosctl doctor`: looks at the daemon, its machine, its folder and its worlds. Needs no lock. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('look at the daemon, its machine, its data folder and its worlds, and say what to do')
    .addHelpText('after', examples('doctor', 'doctor --url http://127.0.0.1:8080 --json'))
    .action((_options: unknown, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the engine.
        const { diagnose } = await import('../doctor/diagnose.ts');
        return await diagnose(context);
      });
    });
}
