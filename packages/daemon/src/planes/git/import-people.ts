/**
 * The nodes of authors and committers. A history has few people for its many commits, so the nodes of those seen
 * lately are remembered; memory is bounded whatever the history names.
 */
import { contentNode, encodeValue, type Bytes, type ElementId } from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';
import type { GitPerson } from './git-commit.ts';
import { RecentMap } from './recent-map.ts';

export const PERSON_KIND = 'git.person';

/** A content node, `[name, mail]`: its id depends on these bytes alone. */
export interface PersonNode {
  readonly id: ElementId;
  readonly payload: Bytes;
}

const REMEMBERED_COUNT_MAX = 1_024;
/** Of name and mail together; longer ones are not remembered. */
const REMEMBERED_SIZE_BYTES_MAX = 1_024;

export class PeopleNodes {
  readonly #recent = new RecentMap<string, PersonNode>(REMEMBERED_COUNT_MAX);

  nodeOf({ name, mail }: Pick<GitPerson, 'name' | 'mail'>): PersonNode {
    // A name ends before the first bracket, so none holds one.
    const key = `${name}<${mail}`;
    const known = this.#recent.get(key);
    if (known !== undefined) return known;
    const node = personNode(name, mail);
    if (key.length <= REMEMBERED_SIZE_BYTES_MAX) this.#recent.set(key, node);
    return node;
  }
}

function personNode(name: string, mail: string): PersonNode {
  // The reader gives one character a byte.
  const payload = encodeValue([{ $bytes: name as Bytes }, { $bytes: mail as Bytes }]);
  return { id: contentNode(PERSON_KIND, payload, sha256).id, payload };
}
