/** `jitosctl world create`: makes an empty world. */
import type { Command } from 'commander';
import { examples, type Answer, type Context, type Run } from '../command.ts';
import { worldsText } from './world-list.ts';

export function addWorldCreate(world: Command, run: Run): void {
  world
    .command('create')
    .description('make an empty world')
    .argument('<name>', '1 to 63 characters of a–z, 0–9 and -')
    .addHelpText('after', examples('world create lab'))
    .action((name: string, _options: unknown, command: Command) =>
      run(command, (context) => createWorld(context, name)),
    );
}

async function createWorld({ session }: Context, name: string): Promise<Answer> {
  const world = await (await session({ mayMakeFolder: true })).createWorld(name);
  return { json: world, text: (paper) => worldsText(paper, [world]), status: 0 };
}
