/**
 * The scenario files, the guide's pages and the page of helps: commands with what they print. Run as a program it writes what they print now:
 *
 *     node packages/testkit/src/scenarios/scenarios.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELP_PAGE, performHelpPage } from './help-page.ts';
import { performPage, Stage } from './transcript.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

function filesIn(folder: string, end: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(end))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Paths from the root of the checkout. */
export function scenarioFiles(): readonly string[] {
  const transcripts = [...filesIn('testdata/scenarios', '.txt'), ...filesIn('testdata/cli', '.txt')];
  return [...transcripts, ...filesIn('docs/guide', '.md'), HELP_PAGE];
}

export function readScenario(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What the file should be. */
export async function performScenario(path: string): Promise<string> {
  const text = readScenario(path);
  if (path === HELP_PAGE) return await performHelpPage(text);
  await using stage = new Stage();
  return path.endsWith('.md') ? await performPage(stage, text) : await stage.perform(text);
}

if (import.meta.main) {
  for (const path of scenarioFiles()) writeFileSync(join(ROOT, path), await performScenario(path));
}
