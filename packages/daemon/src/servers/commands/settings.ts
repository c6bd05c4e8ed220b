/** Changing a world's settings. */
import type { SettingsChanged, SettingsPatch } from '@jitos/kernel';
import { submit, type CommandBase, type CommandContext } from './command-base.ts';
import { readPolicyId } from './collapses.ts';

export interface ChangeSettingsArgs {
  readonly defaultPolicyId?: number | null;
  readonly defaultPolicy?: string | null;
  readonly openWorkspacesMax?: number | null;
  readonly workspaceOpsMax?: number | null;
  readonly baseAgeSystemChangesMax?: number | null;
  readonly abortsMax?: number | null;
  readonly keyWorkspacesMax?: number | null;
  readonly keyWorkspaceOpsMax?: number | null;
  readonly workspaceIdleTicksMax?: number | null;
  readonly baseAgeTicksMax?: number | null;
}

export async function changeSettings(
  context: CommandContext,
  base: CommandBase,
  args: ChangeSettingsArgs,
): Promise<SettingsChanged> {
  const policy = { policyId: args.defaultPolicyId ?? null, policy: args.defaultPolicy ?? null };
  const patch: SettingsPatch = {
    defaultPolicyId: readPolicyId(policy, { id: 'defaultPolicyId', name: 'defaultPolicy' }),
    openWorkspacesMax: args.openWorkspacesMax ?? null,
    workspaceOpsMax: args.workspaceOpsMax ?? null,
    baseAgeSystemChangesMax: args.baseAgeSystemChangesMax ?? null,
    abortsMax: args.abortsMax ?? null,
    keyWorkspacesMax: args.keyWorkspacesMax ?? null,
    keyWorkspaceOpsMax: args.keyWorkspaceOpsMax ?? null,
    workspaceIdleTicksMax: args.workspaceIdleTicksMax ?? null,
    baseAgeTicksMax: args.baseAgeTicksMax ?? null,
  };
  return await submit(context, { type: 'changeSettings', ...base, patch }, 'SETTINGS_CHANGED');
}
