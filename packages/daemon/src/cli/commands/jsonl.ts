/** `jitosctl jsonl`: requests line by line on standard input, each answered on standard output. */
import type { Command } from 'commander';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';

export function addJsonl(program: Command, run: Run): void {
  const command = program
    .command('jsonl')
    .description('take commands and queries line by line, as JSON, and answer each on a line with its id')
    .addHelpText(
      'after',
      `
A line is {"id", "world"?, "command"} or {"id", "world"?, "graphql"}; docs/spec/commands.md has all of it.
${examples(`jsonl <<< '{"id": 1, "command": {"command": "createSws"}}'`, 'jsonl --data-dir ../lab < requests.jsonl > answers.jsonl')}`,
    )
    .action(() => run(command, answerLines));
}

async function answerLines({ flags, session, streams, stopSignal }: Context): Promise<Answer> {
  const { answerLine: answer } = await session();
  // Loaded only here: no other command needs it.
  const { LineConnection, LINES_SIZE_BYTES_MAX } = await import('../../servers/lines/line-connection.ts');
  const { LineRoom } = await import('../../servers/lines/line-room.ts');
  const bugs: unknown[] = [];
  const room = new LineRoom(LINES_SIZE_BYTES_MAX);
  const onBug = (error: unknown): void => void bugs.push(error);
  const connection = new LineConnection({ ...streams(), answer, world: worldOf(flags), room, onBug });
  stopSignal().addEventListener('abort', () => connection.close(), { once: true });
  await connection.ended;
  if (bugs.length > 0) throw bugs[0];
  return { json: undefined, text: () => '', status: 0 };
}
