/** What a broken rule says, in one sentence. */
import { digestToHex } from '../../bytes/digest.ts';
import type { RuleBreak } from './check.ts';

export function ruleText({ element, id, rule, subject, other }: RuleBreak): string {
  const which = `${element} ${digestToHex(id)}`;
  const besides = other === null ? '' : `, as ${element} ${digestToHex(other)} does`;
  switch (rule) {
    case 'edge-from':
      return `${which} leaves a node of a kind that it must not leave`;
    case 'edge-key':
      return `${which} has a key where its kind has none, or none where its kind has one`;
    case 'edge-needed':
      return `${which} needs an edge of kind ${subject} that leaves it`;
    case 'edge-payload':
      return `${which} has a payload where its kind has none, or none where its kind has one`;
    case 'edge-to':
      return `${which} reaches a node of a kind that it must not reach`;
    case 'field-missing':
      return `${which} lacks the field ${subject}`;
    case 'field-type':
      return `${which} has a value in the field ${subject} that is of another type`;
    case 'field-unknown':
      return `${which} has a field ${subject}, which its kind does not declare`;
    case 'in-max':
      return `${which} reaches a node that has as many such edges as may reach it${besides}`;
    case 'kind-unknown':
      return `${which} is of a kind that the rule pack does not declare`;
    case 'node-type':
      return `${which} has a key where its kind has content nodes, or none where its kind has keyed ones`;
    case 'out-max':
      return `${which} leaves a node that has as many such edges as may leave it${besides}`;
    case 'unique':
      return `${which} has the values of the fields ${subject} that only one node may have${besides}`;
  }
}
