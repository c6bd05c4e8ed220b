/** A world's settings: what they are, and changing them. */
import { hasIdleLimit, type SettingsPatch, type World } from '@jitos/kernel';
import { mustGetPolicyById, policyAnswer, readPolicyId } from './collapses.ts';
import type { JsonObject } from './json-value.ts';
import { commandBase, inputPlace, mustHaveWritten } from './mutations.ts';
import type { RequestContext } from './request-context.ts';

interface ChangeSettingsArgs {
  readonly input: {
    readonly defaultPolicyId?: number | null;
    readonly defaultPolicy?: string | null;
    readonly openWorkspacesMax?: number | null;
    readonly workspaceOpsMax?: number | null;
    readonly baseAgeSystemChangesMax?: number | null;
    readonly abortsMax?: number | null;
    readonly keyWorkspacesMax?: number | null;
    readonly keyWorkspaceOpsMax?: number | null;
    readonly workspaceIdleTicksMax?: number | null;
    readonly meta?: unknown;
  };
}

export function resolveWorldSettings(_: unknown, __: unknown, { world }: RequestContext): JsonObject {
  return settingsAnswer(world.settings);
}

function settingsAnswer(settings: World['settings']): JsonObject {
  const { defaultPolicyId, workspaceIdleTicksMax: idle, ...limits } = settings;
  const workspaceIdleTicksMax = hasIdleLimit(settings) ? idle : null;
  return {
    ...limits,
    workspaceIdleTicksMax,
    defaultPolicy: policyAnswer(mustGetPolicyById(defaultPolicyId), settings),
  };
}

export async function changeSettings(
  _: unknown,
  args: ChangeSettingsArgs,
  context: RequestContext,
): Promise<JsonObject> {
  const { defaultPolicyId, defaultPolicy, meta, ...limits } = args.input;
  const places = { id: 'input.defaultPolicyId', name: 'input.defaultPolicy' };
  const patch: SettingsPatch = {
    defaultPolicyId: readPolicyId({ policyId: defaultPolicyId ?? null, policy: defaultPolicy ?? null }, places),
    openWorkspacesMax: limits.openWorkspacesMax ?? null,
    workspaceOpsMax: limits.workspaceOpsMax ?? null,
    baseAgeSystemChangesMax: limits.baseAgeSystemChangesMax ?? null,
    abortsMax: limits.abortsMax ?? null,
    keyWorkspacesMax: limits.keyWorkspacesMax ?? null,
    keyWorkspaceOpsMax: limits.keyWorkspaceOpsMax ?? null,
    workspaceIdleTicksMax: limits.workspaceIdleTicksMax ?? null,
  };
  const base = commandBase(context, meta, 'input.meta');
  const reply = await context.open.loop.submit({ type: 'changeSettings', ...base, patch });
  return { settings: settingsAnswer(mustHaveWritten(reply, 'SETTINGS_CHANGED', inputPlace).settings) };
}
