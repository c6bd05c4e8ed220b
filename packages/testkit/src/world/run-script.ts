/** Runs generated commands against a world, one after another, and tells a watcher of each step. */
import type { Command, Decision, World } from '@jitos/kernel';
import type { Dice } from './dice.ts';
import { generateCommand, type Playground } from './generate-commands.ts';
import { WorldDriver } from './world-driver.ts';

/** One command with what came of it. */
export interface Step {
  readonly command: Command;
  readonly decision: Decision;
  readonly before: World;
  readonly after: World;
}

export interface ScriptRun {
  readonly driver: WorldDriver;
  /** Every command in order, refused and repeated ones included. */
  readonly commands: readonly Command[];
}

export function runScript(
  dice: Dice,
  commandCount: number,
  watch: (step: Step) => void = () => {},
  playground?: Playground,
): ScriptRun {
  const driver = new WorldDriver();
  const commands: Command[] = [];
  for (let i = 0; i < commandCount; i++) {
    const before = driver.world;
    const command = generateCommand(dice, before, commands, playground);
    const decision = driver.run(command);
    commands.push(command);
    watch({ command, decision, before, after: driver.world });
  }
  return { driver, commands };
}
