/** `jitosctl profile`: daemons by name. Asks none of them. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { examples, type Answer, type Context, type Run } from '../command.ts';
import { parseAddress, type RawFlags } from '../flags.ts';
import {
  chooseProfileName,
  mustBeProfileName,
  mustGetProfile,
  readProfiles,
  writeProfiles,
  type Profile,
  type Profiles,
} from '../profiles.ts';
import { leftColumns, pairsText, tableText } from '../terminal/paper.ts';

export function addProfileAdd(group: Command, run: Run): void {
  group
    .command('add')
    .description('keep a daemon, a data folder or a world under a name: the flags that are given')
    .argument('<name>', "letters, digits, '.', '_' and '-'")
    .option('--replace', 'put it in the place of what has this name')
    .addHelpText(
      'after',
      examples(
        'profile add lab --url http://127.0.0.1:8090 --token-file ~/lab.token --world lab',
        'profile add home --data-dir ~/jitos-data',
      ),
    )
    .action((name: string, options: { readonly replace?: true }, command: Command) => {
      return run(command, (context) =>
        add(context, mustBeProfileName(name), { ...command.optsWithGlobals(), ...options }),
      );
    });
}

export function addProfileList(group: Command, run: Run): void {
  const command = group
    .command('list')
    .description('list the profiles')
    .addHelpText('after', examples('profile list', 'profile list --json'))
    .action(() => run(command, list));
}

export function addProfileShow(group: Command, run: Run): void {
  const command = group
    .command('show')
    .description('show a profile')
    .argument('[name]', 'else the one in use')
    .addHelpText('after', examples('profile show', 'profile show lab --json'))
    .action((name: string | undefined) => run(command, (context) => show(context, name)));
}

export function addProfileUse(group: Command, run: Run): void {
  const command = group
    .command('use')
    .description('use a profile from now on, where no other is named; without a name, none')
    .argument('[name]', 'a profile')
    .addHelpText('after', examples('profile use lab', 'profile use'))
    .action((name: string | undefined) => run(command, (context) => use(context, name ?? null)));
}

export function addProfileRemove(group: Command, run: Run): void {
  const command = group
    .command('remove')
    .description('forget a profile; the files that it names stay')
    .argument('<name>', 'a profile')
    .addHelpText('after', examples('profile remove lab'))
    .action((name: string) => run(command, (context) => remove(context, name)));
}

type AddFlags = RawFlags & { readonly replace?: true };

function add({ environment, workingDir }: Context, name: string, flags: AddFlags): Promise<Answer> {
  const { url, tokenFile, keyFile, dataDir, world, replace } = flags;
  const pathOf = (path: string | undefined): string | null => (path === undefined ? null : resolve(workingDir, path));
  const profile: Profile = {
    url: url === undefined ? null : parseAddress(url),
    tokenFile: pathOf(tokenFile),
    keyFile: pathOf(keyFile),
    dataDir: pathOf(dataDir),
    world: world ?? null,
  };
  if (Object.values(profile).every((value) => value === null)) {
    throw new Failure('USAGE', '', 'there is nothing to keep: give --url, --data-dir or --world');
  }
  const profiles = readProfiles(environment);
  if (profiles.byName.has(name) && replace !== true) {
    throw new Failure('USAGE', '<name>', `there is a profile '${name}': --replace puts this one in its place`);
  }
  writeProfiles(environment, { ...profiles, byName: new Map([...profiles.byName, [name, profile]]) });
  return answerOf(name, profile, profiles);
}

function list({ environment }: Context): Promise<Answer> {
  const profiles = readProfiles(environment);
  const rows = [...profiles.byName].map(([name, { url, dataDir, world }]) => {
    return [name, url ?? dataDir ?? '', world ?? '', name === profiles.current ? 'current' : ''];
  });
  return Promise.resolve({
    json: {
      current: profiles.current,
      profiles: [...profiles.byName].map(([name, profile]) => ({ name, ...profile })),
    },
    text: (paper) => tableText(paper, leftColumns('PROFILE', 'DAEMON OR FOLDER', 'WORLD', 'USED'), rows),
    status: 0,
  });
}

function show({ environment }: Context, named: string | undefined): Promise<Answer> {
  const profiles = readProfiles(environment);
  const chosen = chooseProfileName(profiles, named, environment);
  if (chosen === null) throw new Failure('PROFILE_NOT_FOUND', '', 'no profile is in use');
  return answerOf(chosen.name, mustGetProfile(profiles, chosen.name, chosen.place ?? '<name>'), profiles);
}

function use({ environment }: Context, name: string | null): Promise<Answer> {
  const profiles = readProfiles(environment);
  if (name !== null) mustGetProfile(profiles, name, '<name>');
  writeProfiles(environment, { ...profiles, current: name });
  return Promise.resolve({
    json: { current: name },
    text: () => (name === null ? 'no profile is used\n' : `${name} is used from now on\n`),
    status: 0,
  });
}

function remove({ environment }: Context, name: string): Promise<Answer> {
  const { current, byName } = readProfiles(environment);
  mustGetProfile({ current, byName }, name, '<name>');
  const left: Profiles = {
    current: current === name ? null : current,
    byName: new Map([...byName].filter(([each]) => each !== name)),
  };
  writeProfiles(environment, left);
  return Promise.resolve({ json: { removed: name }, text: () => `${name} is forgotten\n`, status: 0 });
}

function answerOf(name: string, profile: Profile, { current }: Profiles): Promise<Answer> {
  const { url, tokenFile, keyFile, dataDir, world } = profile;
  const pairs = [
    ['profile', name],
    ['daemon', url],
    ['token file', tokenFile],
    ['key file', keyFile],
    ['data folder', dataDir],
    ['world', world],
    ['used', current === name ? 'yes, where no other is named' : 'where it is named'],
  ] as const;
  return Promise.resolve({
    json: { name, ...profile, isCurrent: current === name },
    text: (paper) =>
      pairsText(
        paper,
        pairs.flatMap(([title, value]) => (value === null ? [] : [[title, value] as const])),
      ),
    status: 0,
  });
}
