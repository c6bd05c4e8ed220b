/** Commands of authority: grants given, narrowed and revoked, limits of keys, idle workspaces. */
import {
  trieCount,
  trieEntries,
  trieEntryAt,
  VERBS,
  ZERO_DIGEST,
  type Command,
  type Digest,
  type GrantTerms,
  type World,
} from '@jitos/kernel';
import { oneIn, pick, type Dice } from './dice.ts';
import {
  addGrant,
  advanceClock,
  changeSettings,
  expireWorkspace,
  grantTerms,
  revokeGrant,
  utf8,
  type CommandOptions,
} from './make-ops.ts';

/** Of the keys that may hold a grant. */
export const KEY_NAMES = ['kim', 'lee', 'max'] as const;

/** `operator` is the principal that may do everything. */
export function changeAuthority(dice: Dice, world: World, options: CommandOptions, operator: CommandOptions): Command {
  const die = dice.below(12);
  if (die < 6) return addGrant(generateTerms(dice, world), oneIn(dice, 6) ? options : operator);
  if (die < 7) return revokeGrant(someGrant(dice, world), options);
  if (die < 8) return advanceClock(1 + dice.below(4), { ...operator, wallMs: dice.below(1e6) });
  if (die < 9) {
    const idle = {
      workspaceIdleTicksMax: pick(dice, [2, 5, 2 ** 32 - 1]),
      baseAgeTicksMax: pick(dice, [3, 2 ** 32 - 1]),
    };
    return changeSettings({ ...idle, keyWorkspacesMax: 1 + dice.below(4), keyWorkspaceOpsMax: 30 }, operator);
  }
  const number = dice.below(world.workspaceCount + 1);
  return expireWorkspace(number, { ...options, principal: pick(dice, ['world', options.principal ?? 'world']) });
}

function someGrant(dice: Dice, { grants: { byId } }: World): Digest {
  const count = trieCount(byId);
  return count === 0 ? ZERO_DIGEST : trieEntryAt(byId, dice.below(count))!.value.id; // below their number
}

/** Of the owner, or hanging on one that is there; now and then one that is there already. */
function generateTerms(dice: Dice, world: World): GrantTerms {
  const { grants, clock } = world;
  if (trieCount(grants.byId) > 0 && oneIn(dice, 10)) return trieEntries(grants.byId)[0]!.value; // there is one
  const verbs = VERBS.filter(() => !oneIn(dice, 4));
  return grantTerms(pick(dice, KEY_NAMES), {
    parent: oneIn(dice, 3) ? someGrant(dice, world) : null,
    verbs: verbs.length > 0 ? verbs : ['write'],
    kinds: oneIn(dice, 4) ? pick(dice, [['file'], ['file', 'next', 'owns'], ['note', 'task']]) : null,
    keyPrefix: oneIn(dice, 6) ? utf8(pick(dice, ['key', 'key1'])) : null,
    until: oneIn(dice, 3) ? clock.tick + dice.below(10) : null,
    opsMax: oneIn(dice, 3) ? dice.below(40) : null,
    serial: dice.below(1000),
  });
}
