/** Overlays as workspaces, collapsed by the policy that merges field by field. */
import { assert, POLICIES } from '@jitos/kernel';
import type { OpenOverlayStore } from '../workloads/merge-overlays.ts';
import { openWorkspaces } from './collapse-overlays.ts';

export const openOverlayStore: OpenOverlayStore = (dir, options) => {
  const policy = POLICIES.find(({ name }) => name === 'three-way');
  assert(policy !== undefined, 'there is no policy three-way');
  return openWorkspaces(dir, options, policy);
};
