/** Rule packs over the kinds and fields that generated commands write, mild ones mostly: a graph must be able to grow. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  encodeRulePack,
  encodeValue,
  type EdgeRule,
  type FieldRule,
  type FieldType,
  type ItemType,
  type MergeRule,
  type Migration,
  type MigrationStep,
  type NodeRule,
  type Presence,
  type RulePack,
} from '@jitos/kernel';
import { oneIn, pick, type Dice } from './dice.ts';

const TYPES: readonly FieldType[] = [
  'any',
  'any',
  'any',
  'float',
  'integer',
  'text',
  'list',
  'map',
  'boolean',
  'bytes',
];
const ITEMS: readonly (ItemType | null)[] = [null, null, 'integer', 'text', 'float', 'boolean', 'bytes'];
const PRESENCES: readonly Presence[] = [null, null, null, null, 'refused', 'required'];
const MERGES: Readonly<Partial<Record<FieldType, readonly (MergeRule | null)[]>>> = {
  integer: [null, 'counter', 'max', 'min', 'last-collapse'],
  float: [null, 'max', 'min'],
  list: [null, 'set', 'grow-set'],
};

/** Up to two steps for the keyed kinds of the pack; now and then for one that it does not declare. */
export function generateMigration(dice: Dice, rules: RulePack): Migration {
  const keyed = [...rules.nodes].flatMap(([kind, { key }]) => (key === null ? [] : [kind]));
  const steps: MigrationStep[] = [];
  for (let left = dice.below(3); left > 0; left--) {
    const kind = keyed.length === 0 || oneIn(dice, 20) ? 'note' : pick(dice, keyed);
    const [field, newName] = [pick(dice, FIELD_NAMES), pick(dice, FIELD_NAMES)];
    const value = encodeValue(pick(dice, [0, 1, 'text', true]));
    steps.push(
      pick<MigrationStep>(dice, [
        { step: 'drop', kind, field },
        { step: 'rename', kind, field, newName },
        { step: 'fill', kind, field, value },
      ]),
    );
  }
  return steps;
}

const FIELD_NAMES = ['a', 'b', 'state', 'ü'] as const;

/** A pack that says something of most kinds. */
export function generateRules(dice: Dice): RulePack {
  const nodes = new Map<string, NodeRule>();
  const edges = new Map<string, EdgeRule>();
  const unknownKinds = oneIn(dice, 8) ? 'refused' : 'allowed';
  for (const kind of ['file', 'task']) if (!oneIn(dice, 4)) nodes.set(kind, generateKeyed(dice));
  for (const kind of ['note', 'commit']) if (!oneIn(dice, 4)) nodes.set(kind, CONTENT);
  for (const kind of ['owns', 'next']) if (!oneIn(dice, 4)) edges.set(kind, generateEdge(dice, [...nodes.keys()]));
  return encodeRulePack({ unknownKinds, nodes, edges }, sha256);
}

const CONTENT: NodeRule = { name: null, key: null, fields: new Map(), isOpen: false, unique: [], deletion: null };

function generateKeyed(dice: Dice): NodeRule {
  const fields = new Map<string, FieldRule>();
  for (const name of ['a', 'b', 'state']) if (!oneIn(dice, 5)) fields.set(name, generateField(dice));
  const names = [...fields.keys()];
  const unique: string[][] = [];
  if (names.length > 0 && oneIn(dice, 2)) unique.push([pick(dice, names)]);
  if (names.length > 1 && oneIn(dice, 3)) unique.push(names.slice(0, 2));
  const deletion = pick(dice, [null, null, 'change-wins', 'delete-wins'] as const);
  return { name: null, key: 'key', fields, isOpen: !oneIn(dice, 4), unique, deletion };
}

function generateField(dice: Dice): FieldRule {
  const type = pick(dice, TYPES);
  const items = type === 'list' ? pick(dice, ITEMS) : null;
  return { type, items, required: oneIn(dice, 8), merge: pick(dice, MERGES[type] ?? [null, 'last-collapse']) };
}

function generateEdge(dice: Dice, kinds: readonly string[]): EdgeRule {
  const ends = (): readonly string[] | null => (kinds.length > 0 && oneIn(dice, 3) ? kinds.slice(dice.below(2)) : null);
  const from = ends();
  const to = ends();
  return {
    name: null,
    from: from?.length === 0 ? null : from,
    to: to?.length === 0 ? null : to,
    isNeeded: from !== null && from.length > 0 && oneIn(dice, 6),
    outMax: pick(dice, [null, 1, 2, 3]),
    inMax: pick(dice, [null, null, 1, 2]),
    key: pick(dice, PRESENCES),
    payload: pick(dice, PRESENCES),
    deletion: pick(dice, [null, 'change-wins', 'delete-wins'] as const),
  };
}
