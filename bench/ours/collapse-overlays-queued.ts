/** Overlays as workspaces, as many as wait together collapsed by one command, in the order in which they came. */
import { FAIL_FAST } from '@jitos/kernel';
import type { OpenOverlayStore } from '../workloads/merge-overlays.ts';
import { openWorkspaces } from './collapse-overlays.ts';

export const openOverlayStore: OpenOverlayStore = (dir, options) => openWorkspaces(dir, options, FAIL_FAST, 'queued');
