/** The work of `jitosctl doctor`: looks at everything that a daemon stands on, and says what to do. */
import type { Answer, Context } from '../command.ts';
import { green, leftColumns, red, tableText, yellow, type Paper } from '../terminal/paper.ts';
import { plainText } from '../terminal/plain-text.ts';
import { examineDaemon } from './examine-daemon.ts';
import { examineFolder } from './examine-folder.ts';
import { examineMachine } from './examine-machine.ts';
import { examineWorlds } from './examine-worlds.ts';
import type { Finding } from './finding.ts';

/** Of a daemon that was named only what it answers is looked at: its machine may be another. */
export async function diagnose({ flags: { url, dataDir } }: Context): Promise<Answer> {
  const findings: Finding[] = [await examineDaemon(url, dataDir)];
  if (url === null) {
    findings.push(...(await examineMachine(dataDir)), ...(await examineFolder(dataDir)));
    findings.push(...(await examineWorlds(dataDir)));
  }
  const ok = findings.every(({ verdict }) => verdict !== 'bad');
  return { json: { ok, findings }, text: (paper) => findingsText(paper, findings), status: ok ? 0 : 1 };
}

const INKS = { good: green, doubtful: yellow, bad: red } as const;

function findingsText(paper: Paper, findings: readonly Finding[]): string {
  const rows = findings.map(({ subject, verdict, detail }) => [subject, verdict, detail]);
  const advice = findings.flatMap(({ subject, verdict, advice: todo }) => {
    return todo === null ? [] : [`${INKS[verdict](paper, verdict)} ${subject}: ${plainText(todo)}\n`];
  });
  return tableText(paper, leftColumns('WHAT', 'IS', 'SEEN'), rows) + advice.join('');
}
