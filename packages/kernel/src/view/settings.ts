/**
 * What a world's owner sets: which policy a collapse takes where it names none, and how much workspaces may take.
 *
 * They are state like any other: an event changes them, and replay finds them as they were.
 */

export interface WorldSettings {
  /** The policy of a collapse that names none. */
  readonly defaultPolicyId: number;
  /** Workspaces open at once. */
  readonly openWorkspacesMax: number;
  /** Ops that a workspace may write before it collapses or is rebased. */
  readonly workspaceOpsMax: number;
  /** How often System may move before a workspace must be rebased. */
  readonly baseAgeSystemChangesMax: number;
  /** Aborted collapses after which a workspace needs attention, and is not tried again before it is rebased. */
  readonly abortsMax: number;
}

export type SettingName = keyof WorldSettings;

/** In the order in which they stand in events and digests. */
export const SETTING_NAMES: readonly SettingName[] = [
  'defaultPolicyId',
  'openWorkspacesMax',
  'workspaceOpsMax',
  'baseAgeSystemChangesMax',
  'abortsMax',
];

export const DEFAULT_SETTINGS: WorldSettings = {
  defaultPolicyId: 1,
  openWorkspacesMax: 100_000,
  workspaceOpsMax: 1_000_000,
  baseAgeSystemChangesMax: 1_000_000,
  abortsMax: 8,
};

/** The largest value of each; the smallest is 1. */
export const SETTINGS_MAX: WorldSettings = {
  defaultPolicyId: 2 ** 32 - 1,
  openWorkspacesMax: 1_000_000,
  workspaceOpsMax: 100_000_000,
  baseAgeSystemChangesMax: 1_000_000_000,
  abortsMax: 1_000_000,
};

/** New values by name; null leaves one as it is. */
export type SettingsPatch = { readonly [Name in SettingName]: number | null };

export function patchSettings(settings: WorldSettings, patch: SettingsPatch): WorldSettings {
  return {
    defaultPolicyId: patch.defaultPolicyId ?? settings.defaultPolicyId,
    openWorkspacesMax: patch.openWorkspacesMax ?? settings.openWorkspacesMax,
    workspaceOpsMax: patch.workspaceOpsMax ?? settings.workspaceOpsMax,
    baseAgeSystemChangesMax: patch.baseAgeSystemChangesMax ?? settings.baseAgeSystemChangesMax,
    abortsMax: patch.abortsMax ?? settings.abortsMax,
  };
}
