/** Names that the typed API has for what a rule pack declares: those of GraphQL, which leaves two `_` in front to itself. */

const NAME = /^(?!__)[_A-Za-z][_0-9A-Za-z]{0,127}$/;

/** Whether the typed API can have this for a name. */
export function isApiName(text: string): boolean {
  return NAME.test(text);
}

/** Types that the language of rule packs has for itself. */
export const RESERVED_NAMES: readonly string[] = [
  'Any',
  'Boolean',
  'Bytes',
  'Float',
  'ID',
  'Int',
  'List',
  'Map',
  'String',
];
