/** `jitosctl grant`: giving keys what they may do, handing that on offline, and taking it back. */
import type { Command } from 'commander';
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { termsFromJson, type GrantJson, type TermsJson } from '../../servers/auth/grant-json.ts';
import type { GrantsAnswer } from '../../servers/http/grant-routes.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import { grantFile, narrowGrant, readGrantFile, writeGrantFile, type GrantFile } from '../grant-file.ts';
import { readKeyFile } from '../key-file.ts';
import { leftColumns, pairsText, tableText } from '../terminal/paper.ts';

const SERIAL_END = 2 ** 40;

/** As commander leaves them. */
interface TermsFlags {
  readonly to?: string;
  readonly verbs?: string;
  readonly kinds?: string;
  readonly keyPrefix?: string;
  readonly until?: string;
  readonly opsMax?: string;
  readonly serial?: string;
  readonly out?: string;
}

function withTerms(command: Command): Command {
  return command
    .option('--to <key>', 'public key that it is given to, in hex')
    .option('--verbs <list>', 'some of read,write,collapse,control,work')
    .option('--kinds <list>', 'kinds that may be written; else any')
    .option('--key-prefix <text>', 'only keyed nodes whose key begins so may be written')
    .option('--until <tick>', 'the last tick in which it holds; else for ever')
    .option('--ops-max <count>', 'ops that it pays for, in all; else any number')
    .option('--serial <number>', 'tells it apart from the same given before; else a random one')
    .option('--out <file>', 'write it there, to be handed on');
}

export function addGrantAdd(grant: Command, run: Run): void {
  withTerms(grant.command('add').argument('[file]', 'grant that was handed on'))
    .description('give a key a grant, or take up one that was handed on')
    .addHelpText('after', examples('grant add --to 3b6a…29 --verbs read,write', 'grant add handed-on.json'))
    .action((file: string | undefined, flags: TermsFlags, command: Command) => {
      return run(command, async (context) => {
        const world = worldOf(context.flags);
        const session = await context.session();
        if (file === undefined) {
          const terms = readTerms(flags);
          return tell(context, flags, await session.grants(world, { ask: 'give', terms }));
        }
        if (flags.to !== undefined) throw new Failure('USAGE', '--to', 'a file has its terms already');
        const { links } = readGrantFile(resolve(context.workingDir, file));
        return tell(context, flags, await session.grants(world, { ask: 'add', links }));
      });
    });
}

export function addGrantList(grant: Command, run: Run): void {
  grant
    .command('list')
    .description('list the grants that one may see: all of them, or those that one holds and what hangs on these')
    .addHelpText('after', examples('grant list', 'grant list --key-file ann.key'))
    .action((_flags: unknown, command: Command) => {
      return run(command, async (context) => {
        const told = await (await context.session()).grants(worldOf(context.flags), { ask: 'list' });
        const rows = told.grants.map((each) => [each.id, each.holder, each.verbs.join(','), stateOf(each)]);
        const columns = leftColumns('GRANT', 'HOLDER', 'VERBS', 'STATE');
        return { json: told, text: (paper) => tableText(paper, columns, rows), status: 0 };
      });
    });
}

export function addGrantShow(grant: Command, run: Run): void {
  grant
    .command('show')
    .argument('<id>', 'of the grant')
    .option('--out <file>', 'write it there, to be narrowed and handed on')
    .description('show a grant')
    .addHelpText('after', examples('grant show 5f0c…a1 --out grant.json'))
    .action((id: string, flags: TermsFlags, command: Command) => {
      return run(command, async (context) => {
        const session = await context.session();
        return tell(context, flags, await session.grants(worldOf(context.flags), { ask: 'show', id }));
      });
    });
}

export function addGrantRevoke(grant: Command, run: Run): void {
  grant
    .command('revoke')
    .argument('<id>', 'of the grant')
    .description('take a grant back, and with it all that hangs on it')
    .addHelpText('after', examples('grant revoke 5f0c…a1'))
    .action((id: string, _flags: unknown, command: Command) => {
      return run(command, async (context) => {
        const session = await context.session();
        return tell(context, {}, await session.grants(worldOf(context.flags), { ask: 'revoke', id }));
      });
    });
}

export function addGrantNarrow(grant: Command, run: Run): void {
  withTerms(grant.command('narrow').argument('<file>', 'the grant, as `grant show --out` writes it'))
    .description('hand a grant on, narrower, signed with the key of its holder (--key-file); asks no daemon')
    .addHelpText(
      'after',
      examples('grant narrow grant.json --key-file ann.key --to 3b6a…29 --verbs read --out handed-on.json'),
    )
    .action((file: string, flags: TermsFlags, command: Command) => {
      return run(command, ({ workingDir, flags: { keyFile } }) => {
        if (keyFile === null) throw new Failure('USAGE', '--key-file', "name the file of the holder's key");
        const key = readKeyFile(keyFile, '--key-file');
        const terms = termsFromJson(readTerms(flags), '');
        const narrowed = narrowGrant(readGrantFile(resolve(workingDir, file)), key, terms);
        if (flags.out !== undefined) writeGrantFile(resolve(workingDir, flags.out), narrowed);
        return Promise.resolve(fileAnswer(narrowed));
      });
    });
}

function readTerms(flags: TermsFlags): TermsJson {
  const { to, verbs, kinds, keyPrefix, until, opsMax, serial } = flags;
  if (to === undefined) throw new Failure('USAGE', '--to', 'name the public key that it is given to');
  if (verbs === undefined) throw new Failure('USAGE', '--verbs', 'name what it allows');
  return {
    parent: null,
    holder: to.replace(/^key:/, ''),
    verbs: verbs.split(',') as TermsJson['verbs'], // looked at by whoever reads the terms
    kinds: kinds === undefined ? null : kinds.split(','),
    keyPrefix_b64: keyPrefix === undefined ? null : Buffer.from(keyPrefix).toString('base64'),
    until: until === undefined ? null : parseCount('--until', until),
    opsMax: opsMax === undefined ? null : parseCount('--ops-max', opsMax),
    serial: serial === undefined ? randomInt(SERIAL_END) : parseCount('--serial', serial),
  };
}

/** The last of those that are told: a chain ends with what it is for. */
function tell({ workingDir }: Context, { out }: TermsFlags, told: GrantsAnswer): Answer {
  const grant = told.grants.at(-1);
  if (grant === undefined) throw new Error('a grant is told of');
  const { id: _, addedIdx: __, opsSpent: ___, revokedIdx: ____, ...terms } = grant;
  if (out !== undefined) {
    // The world has it: nothing leads to it.
    writeGrantFile(resolve(workingDir, out), grantFile(told.worldKey, termsFromJson(terms, 'terms'), []));
  }
  const pairs = pairsOf({ ...grant });
  return { json: { worldKey: told.worldKey, grant }, text: (paper) => pairsText(paper, pairs), status: 0 };
}

function fileAnswer(file: GrantFile): Answer {
  const pairs = pairsOf({ grant: file.grant, ...file.terms });
  return { json: file, text: (paper) => pairsText(paper, pairs), status: 0 };
}

type Told = string | number | null | readonly string[];

function pairsOf(told: Readonly<Record<string, Told>>): readonly (readonly [string, string])[] {
  return Object.entries(told).map(([name, value]) => [name, textOf(value)]);
}

function textOf(value: Told): string {
  if (value === null) return '-';
  return typeof value === 'object' ? value.join(',') : String(value);
}

function stateOf({ revokedIdx }: GrantJson): string {
  return revokedIdx === null ? 'given' : `revoked by event ${revokedIdx}`;
}
