/** A world's settings: what they are, and changing them. */
import { hasBaseAgeLimit, hasIdleLimit, type SettingsChanged, type World } from '@jitos/kernel';
import { changeSettings as change, type ChangeSettingsArgs } from '../commands/settings.ts';
import { mustGetPolicyById, policyAnswer } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { runInput, type WithMeta } from './mutations.ts';
import type { RequestContext } from './request-context.ts';

export function resolveWorldSettings(_: unknown, __: unknown, { world }: RequestContext): JsonObject {
  return settingsAnswer(world.settings);
}

function settingsAnswer(settings: World['settings']): JsonObject {
  const { defaultPolicyId, workspaceIdleTicksMax: idle, baseAgeTicksMax: age, ...limits } = settings;
  return {
    ...limits,
    workspaceIdleTicksMax: hasIdleLimit(settings) ? idle : null,
    baseAgeTicksMax: hasBaseAgeLimit(settings) ? age : null,
    defaultPolicy: policyAnswer(mustGetPolicyById(defaultPolicyId), settings),
  };
}

export async function changeSettings(
  _: unknown,
  { input }: { readonly input: WithMeta<ChangeSettingsArgs> },
  context: RequestContext,
): Promise<JsonObject> {
  return changedAnswer(await runInput(change, input, context));
}

export function changedAnswer({ settings }: SettingsChanged): JsonObject {
  return { settings: settingsAnswer(settings) };
}
