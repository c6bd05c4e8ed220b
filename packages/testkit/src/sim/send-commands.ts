/** How a client's commands reach the loop: one by itself, or several as a script, whose replies come together. */
import type { Reply, Script, WorldLoop } from '@jitos/daemon/engine/world-loop.ts';
import type { Command } from '@jitos/kernel';

export async function sendCommands(loop: WorldLoop, commands: readonly Command[]): Promise<readonly Reply[]> {
  const [only, ...others] = commands;
  if (only !== undefined && others.length === 0) return [await loop.submit(only)];
  return await loop.run(inOrder(commands));
}

function* inOrder(commands: readonly Command[]): Script<readonly Reply[]> {
  const replies: Reply[] = [];
  for (const command of commands) replies.push(yield command);
  return replies;
}
