/** `jitosctl settings`: shows and changes what a world's owner sets. */
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { pairsText } from '../terminal/paper.ts';

interface Settings {
  readonly defaultPolicy: { readonly id: number; readonly name: string };
  readonly openWorkspacesMax: number;
  readonly workspaceOpsMax: number;
  readonly baseAgeSystemChangesMax: number;
  readonly abortsMax: number;
  readonly keyWorkspacesMax: number;
  readonly keyWorkspaceOpsMax: number;
  /** Null: never. */
  readonly workspaceIdleTicksMax: number | null;
  /** Null: any age. */
  readonly baseAgeTicksMax: number | null;
}

const LIMITS = [
  'openWorkspacesMax',
  'workspaceOpsMax',
  'baseAgeSystemChangesMax',
  'abortsMax',
  'keyWorkspacesMax',
  'keyWorkspaceOpsMax',
  'workspaceIdleTicksMax',
  'baseAgeTicksMax',
] as const;

type SetFlags = MetaFlags & Partial<Readonly<Record<(typeof LIMITS)[number] | 'defaultPolicy', string>>>;

const FLAGS = {
  openWorkspacesMax: '--open-workspaces-max',
  workspaceOpsMax: '--workspace-ops-max',
  baseAgeSystemChangesMax: '--base-age-system-changes-max',
  abortsMax: '--aborts-max',
  keyWorkspacesMax: '--key-workspaces-max',
  keyWorkspaceOpsMax: '--key-workspace-ops-max',
  workspaceIdleTicksMax: '--workspace-idle-ticks-max',
  baseAgeTicksMax: '--base-age-ticks-max',
} as const;

const FIELDS = `defaultPolicy { id name } ${LIMITS.join(' ')}`;

export function addSettingsShow(settings: Command, run: Run): void {
  const command = settings
    .command('show')
    .description('show what the world has set')
    .addHelpText('after', examples('settings show', 'settings show --world lab --json'))
    .action(() => run(command, showSettings));
}

export function addSettingsSet(settings: Command, run: Run): void {
  const command = settings
    .command('set')
    .description('change what is given, and leave the rest')
    .option('--default-policy <name>', 'policy of a collapse that names none')
    .option('--open-workspaces-max <count>', 'workspaces open at once')
    .option('--workspace-ops-max <count>', 'ops that a workspace may write before it collapses or is rebased')
    .option('--base-age-system-changes-max <count>', 'how often System may move before a rebase is needed')
    .option('--aborts-max <count>', 'aborted collapses after which a workspace needs attention')
    .option('--key-workspaces-max <count>', 'workspaces that one key may have open at once')
    .option('--key-workspace-ops-max <count>', 'ops that a workspace of a key may write')
    .option('--workspace-idle-ticks-max <count>', 'ticks after which an idle workspace is discarded; 4294967295: never')
    .option('--base-age-ticks-max <count>', 'ticks after which a workspace must be rebased; 4294967295: never');
  addMetaFlags(command)
    .addHelpText('after', examples('settings set --default-policy three-way', 'settings set --aborts-max 3'))
    .action((options: SetFlags) => run(command, (context) => setSettings(context, options)));
}

async function showSettings({ session, flags }: Context): Promise<Answer> {
  const world = worldOf(flags);
  const operation = { document: `{ worldSettings { ${FIELDS} } }`, variables: {}, places: {} };
  const { worldSettings } = await (await session()).execute<{ readonly worldSettings: Settings }>(world, operation);
  return settingsAnswer(world, worldSettings);
}

async function setSettings({ session, flags }: Context, options: SetFlags): Promise<Answer> {
  const world = worldOf(flags);
  const { defaultPolicy } = options;
  const limits = LIMITS.flatMap((name) => {
    const text = options[name];
    return text === undefined ? [] : [[name, parseCount(FLAGS[name], text)] as const];
  });
  if (limits.length === 0 && defaultPolicy === undefined) {
    throw new Failure('USAGE', '', 'nothing is set: give one of the flags (`npx jitosctl settings set --help`)');
  }
  const input = { ...Object.fromEntries(limits), defaultPolicy: defaultPolicy ?? null, meta: readMeta(options) };
  const document = `mutation ($input: ChangeSettingsInput!) { changeSettings(input: $input) { settings { ${FIELDS} } } }`;
  const limitPlaces = Object.fromEntries(LIMITS.map((name) => [`input.${name}`, FLAGS[name]]));
  const places = { ...limitPlaces, 'input.defaultPolicy': '--default-policy', ...metaPlaces('input.meta', options) };
  const opened = await session();
  const { changeSettings } = await opened.execute<{ readonly changeSettings: { readonly settings: Settings } }>(world, {
    document,
    variables: { input },
    places,
  });
  return settingsAnswer(world, changeSettings.settings);
}

function settingsAnswer(world: string, settings: Settings): Answer {
  const { defaultPolicy, ...limits } = settings;
  return {
    json: { world, ...settings },
    text: (paper) =>
      pairsText(paper, [
        ['default policy', defaultPolicy.name],
        ['open workspaces, at most', String(limits.openWorkspacesMax)],
        ['ops of a workspace, at most', String(limits.workspaceOpsMax)],
        ['System changes since a base, at most', String(limits.baseAgeSystemChangesMax)],
        ['aborts before attention is needed', String(limits.abortsMax)],
        ['open workspaces of a key, at most', String(limits.keyWorkspacesMax)],
        ['ops of a workspace of a key, at most', String(limits.keyWorkspaceOpsMax)],
        ['ticks a workspace may be idle', String(limits.workspaceIdleTicksMax ?? 'any number')],
        ['ticks since a base, at most', String(limits.baseAgeTicksMax ?? 'any number')],
      ]),
    status: 0,
  };
}
