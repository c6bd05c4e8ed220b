/** Changing a world's settings. */
import { policyById } from '../collapse/policy.ts';
import type { SettingsChanged } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { patchSettings } from '../view/settings.ts';
import type { World } from '../world.ts';
import type { ChangeSettings } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideChangeSettings(world: World, { patch, meta }: ChangeSettings): Outcome | Refusal {
  const settings = patchSettings(world.settings, patch);
  if (policyById(settings.defaultPolicyId) === undefined) {
    return refuse('POLICY_UNKNOWN', 'defaultPolicyId', `there is no policy ${settings.defaultPolicyId}`);
  }
  const draft: EventDraft<SettingsChanged> = {
    kind: 'SETTINGS_CHANGED',
    view: null,
    pins: pins(world, null),
    patch,
    meta,
    settings,
  };
  return { ok: true, draft, state: applySettingsChanged(world, draft) };
}

export function applySettingsChanged(world: World, { patch, settings }: EventDraft<SettingsChanged>): World {
  const isAge = patch.workspaceIdleTicksMax !== null || patch.baseAgeTicksMax !== null;
  // Ages count from now on at the earliest, not from when nobody looked.
  const agesFromTick = isAge ? world.clock.tick : world.agesFromTick;
  return { ...world, settings, agesFromTick };
}
