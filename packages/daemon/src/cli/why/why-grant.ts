/** Why a grant allows something, or does not: what it and those that it hangs on say, and whether they still hold. */
import type { GrantJson } from '../../servers/auth/grant-json.ts';
import { worldOf, type Answer, type Context } from '../command.ts';
import type { Session } from '../session.ts';
import { leftColumns, rightColumns, tableText, type Paper } from '../terminal/paper.ts';

/** Throws `GRANT_NOT_FOUND`. */
export async function whyGrant(context: Context, id: string): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const chain: GrantJson[] = [];
  let tick = 0;
  for (let at: string | null = id; at !== null;) {
    const told = await readGrant(session, world, at);
    chain.push(told.grant);
    tick = told.tick;
    at = told.grant.parent;
  }
  const holds = chain.every((grant) => whyNot(grant, tick) === null);
  return {
    json: {
      world,
      grant: chain[0],
      holds,
      tick,
      chain: chain.map((grant) => ({ ...grant, why: whyNot(grant, tick) })),
    },
    text: (paper) => chainText(paper, { chain, holds, tick }),
    status: 0,
  };
}

interface Told {
  readonly grant: GrantJson;
  readonly tick: number;
}

async function readGrant(session: Session, world: string, id: string): Promise<Told> {
  const document = 'query ($id: Hash!) { grant(id: $id) world { tick } }';
  const operation = { document, variables: { id }, places: { id: '<id>' }, surface: 'v1' as const };
  type Data = { readonly grant: GrantJson; readonly world: { readonly tick: string } };
  const data = await session.execute<Data>(world, operation);
  return { grant: data.grant, tick: Number(data.world.tick) };
}

/** Why it allows nothing by itself; null where it does. */
function whyNot({ revokedIdx, until, opsMax, opsSpent }: GrantJson, tick: number): string | null {
  if (revokedIdx !== null) return `revoked by event ${revokedIdx}`;
  if (until !== null && tick > until) return `expired at tick ${until}`;
  return opsMax !== null && opsSpent >= opsMax ? `all ${opsMax} ops are spent` : null;
}

function chainText(
  paper: Paper,
  { chain, holds, tick }: { readonly chain: readonly GrantJson[]; readonly holds: boolean; readonly tick: number },
): string {
  const columns = [
    ...leftColumns('GRANT', 'HOLDER', 'VERBS', 'KINDS', 'HOLDS'),
    ...rightColumns('ADDED', 'UNTIL', 'OPS'),
  ];
  const rows = chain.map((grant) => [
    grant.id,
    `key:${grant.holder}`,
    grant.verbs.join(' '),
    grant.kinds?.join(' ') ?? 'any',
    whyNot(grant, tick) ?? 'yes',
    String(grant.addedIdx),
    grant.until === null ? '' : String(grant.until),
    grant.opsMax === null ? '' : `${grant.opsSpent}/${grant.opsMax}`,
  ]);
  const verdict = holds ? 'It holds' : 'It allows nothing: what it hangs on must hold, too';
  return `${tableText(paper, columns, rows)}\n${verdict}, at tick ${tick}. Each grant hangs on the one below it.\n`;
}
