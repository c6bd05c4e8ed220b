/**
 * A hundred agents edit one graph at once, and no edit is lost. Two ways to get there:
 *
 * - They vote. The rule pack says that votes are a counter, so what two of them add is added, and nobody has to ask again.
 * - They move money between accounts. Two that touch one account are in each other's way; whose collapse comes second begins
 *   anew, with what the first has left.
 */
import { connect, putNode, type View } from '@jitos/client';

const { JITOS_URL: url = 'http://127.0.0.1:8080', JITOS_TOKEN: token } = process.env;
const AGENT_COUNT = 100;
const ACCOUNT_COUNT = 50;
const OPENING_BALANCE = 1_000;
const agents = Array.from({ length: AGENT_COUNT }, (_, n) => n);
const account = (n: number): string => `account ${n % ACCOUNT_COUNT}`;

const world = connect({ url, token });

async function numberIn(view: View, kind: string, key: string, field: string): Promise<number> {
  const node = await view.keyed(kind, key);
  return node?.type === 'keyed' ? Number(node.fields[field] ?? 0) : 0;
}

async function vote(): Promise<void> {
  await using workspace = await world.fork();
  await workspace.put('poll', 'lunch', { pizza: 1 + (await numberIn(workspace, 'poll', 'lunch', 'pizza')) });
  const outcome = await workspace.collapse({ policy: 'lattice' });
  if (!outcome.committed) throw new Error('a vote was lost');
}

/** How often it was decided again. `serializable`: what was decided on must not have moved, be it by as much. */
async function move(from: string, to: string, amount: number): Promise<number> {
  for (let again = 0; ; again++) {
    await using workspace = await world.fork();
    const less = (await numberIn(workspace, 'account', from, 'balance')) - amount;
    const more = (await numberIn(workspace, 'account', to, 'balance')) + amount;
    await workspace.rewrite([putNode('account', from, { balance: less }), putNode('account', to, { balance: more })]);
    if ((await workspace.collapse({ policy: 'serializable' })).committed) return again;
  }
}

await world.proposeRules('type Poll @node(kind: "poll", key: "name") { name: ID! pizza: Int @merge(rule: COUNTER) }');
while ((await world.rules())?.state === 'CHECKING') await new Promise((resolve) => setTimeout(resolve, 20));
{
  await using workspace = await world.fork();
  const accounts = agents
    .slice(0, ACCOUNT_COUNT)
    .map((n) => putNode('account', account(n), { balance: OPENING_BALANCE }));
  await workspace.rewrite([...accounts, putNode('poll', 'lunch', { pizza: 0 })]);
  await workspace.collapse();
}

await Promise.all(agents.map(() => vote()));
console.log(`${await numberIn(world.system, 'poll', 'lunch', 'pizza')} votes for pizza, of ${AGENT_COUNT} agents`);

const repeats = await Promise.all(agents.map((n) => move(account(n), account(n + 3), n)));
let sum = 0;
for await (const node of world.system.nodes({ kinds: ['account'] })) {
  if (node.type === 'keyed') sum += Number(node.fields['balance']);
}
const again = repeats.reduce((total, each) => total + each, 0);
console.log(`${sum} in ${ACCOUNT_COUNT} accounts after ${AGENT_COUNT} moves, decided anew ${again} times`);
