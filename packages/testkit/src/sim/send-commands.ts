/** How a client's commands reach the loop: one by itself, or several as a script, whose replies come together. */
import { submitWithReads, type Gathering } from '@jitos/daemon/engine/collapse-workspace.ts';
import type { Reply, Script } from '@jitos/daemon/engine/world-loop.ts';
import type { CollapseWorkspace, Command, RebaseWorkspace } from '@jitos/kernel';

export async function sendCommands(open: Gathering, commands: readonly Command[]): Promise<readonly Reply[]> {
  const [only, ...others] = commands;
  if (only === undefined || others.length > 0)
    return await open.loop.run(commands[0]?.principal ?? 'nobody', inOrder(commands));
  return [mayGather(only) ? await submitGathering(open, only) : await open.loop.submit(only)];
}

/** Whether the daemon adds what was read, where the policy asks for that. */
export function mayGather(command: Command): command is CollapseWorkspace | RebaseWorkspace {
  return (command.type === 'collapseWorkspace' || command.type === 'rebaseWorkspace') && command.footprint === null;
}

async function submitGathering(open: Gathering, command: CollapseWorkspace | RebaseWorkspace): Promise<Reply> {
  const reply = await submitWithReads(open, command);
  if (!('unsettled' in reply)) return reply;
  const detail = `${reply.unsettled.length} conflicts are left`;
  return { ok: false, reason: 'REBASE_CONFLICTS', place: 'workspace', detail };
}

function* inOrder(commands: readonly Command[]): Script<readonly Reply[]> {
  const replies: Reply[] = [];
  for (const command of commands) replies.push(yield command);
  return replies;
}
