/** What the operation of a document asks for, as rates are limited: one verb for each mutation in it. */
import { Kind, OperationTypeNode, type DocumentNode, type SelectionSetNode } from 'graphql';
import type { RateVerb } from './rate-policy.ts';

/** Of both surfaces. */
export const VERB_OF_MUTATION: Readonly<Record<string, RateVerb>> = {
  createSws: 'write',
  createWorkspace: 'write',
  applyRewrite: 'write',
  rebaseSws: 'write',
  rebaseWorkspace: 'write',
  discardSws: 'write',
  discardWorkspace: 'write',
  undoCollapse: 'write',
  collapseSws: 'collapse',
  collapseWorkspace: 'collapse',
  collapseBatch: 'collapse',
  proposeRulePack: 'control',
  proposeRules: 'control',
  withdrawRulePack: 'control',
  withdrawRules: 'control',
  changeSettings: 'control',
  submitIntent: 'work',
};

/** Of a mutation, or the command of the same name; of one that is not there, too. */
export function verbOfMutation(name: unknown): RateVerb {
  return typeof name === 'string' && Object.hasOwn(VERB_OF_MUTATION, name) ? VERB_OF_MUTATION[name]! : 'write';
}

/** Of a document with one operation, whose fragments are all its own. */
export function rateVerbsOf(document: DocumentNode): readonly RateVerb[] {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return ['subscribe'];
  if (operation?.operation !== OperationTypeNode.MUTATION) return ['read'];
  return rootFields(document, operation.selectionSet).map(verbOfMutation);
}

function rootFields(document: DocumentNode, { selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet);
    const fragment = document.definitions.find((each) => {
      return each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value;
    });
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootFields(document, fragment.selectionSet) : [];
  });
}
