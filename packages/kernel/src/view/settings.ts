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
  /** Workspaces that one key may have open at once. */
  readonly keyWorkspacesMax: number;
  /** Ops that a workspace of a key may write before it collapses or is rebased. */
  readonly keyWorkspaceOpsMax: number;
  /** Ticks after which a workspace that nobody writes, rebases or collapses is discarded. */
  readonly workspaceIdleTicksMax: number;
  /** Ticks after which a workspace must be rebased. */
  readonly baseAgeTicksMax: number;
}

export type SettingName = keyof WorldSettings;

/** In the order in which they stand in events and digests. */
export const SETTING_NAMES: readonly SettingName[] = [
  'defaultPolicyId',
  'openWorkspacesMax',
  'workspaceOpsMax',
  'baseAgeSystemChangesMax',
  'abortsMax',
  'keyWorkspacesMax',
  'keyWorkspaceOpsMax',
  'workspaceIdleTicksMax',
  'baseAgeTicksMax',
];

/** As `workspaceIdleTicksMax` or `baseAgeTicksMax`: that no number of ticks is too many. */
export const NEVER_TICKS: number = 2 ** 32 - 1;

/** The first of them are those that there were when the formats were frozen. */
export const FROZEN_SETTINGS_COUNT = 5;

export const DEFAULT_SETTINGS: WorldSettings = {
  defaultPolicyId: 1,
  openWorkspacesMax: 100_000,
  workspaceOpsMax: 1_000_000,
  baseAgeSystemChangesMax: 1_000_000,
  abortsMax: 8,
  keyWorkspacesMax: 1000,
  keyWorkspaceOpsMax: 100_000,
  workspaceIdleTicksMax: NEVER_TICKS,
  baseAgeTicksMax: NEVER_TICKS,
};

/** The largest value of each; the smallest is 1. */
export const SETTINGS_MAX: WorldSettings = {
  defaultPolicyId: 2 ** 32 - 1,
  openWorkspacesMax: 1_000_000,
  workspaceOpsMax: 100_000_000,
  baseAgeSystemChangesMax: 1_000_000_000,
  abortsMax: 1_000_000,
  keyWorkspacesMax: 1_000_000,
  keyWorkspaceOpsMax: 100_000_000,
  workspaceIdleTicksMax: NEVER_TICKS,
  baseAgeTicksMax: NEVER_TICKS,
};

/** New values by name; null leaves one as it is. */
export type SettingsPatch = { readonly [Name in SettingName]: number | null };

/** Leaves every setting as it is. */
export const EMPTY_PATCH: SettingsPatch = {
  defaultPolicyId: null,
  openWorkspacesMax: null,
  workspaceOpsMax: null,
  baseAgeSystemChangesMax: null,
  abortsMax: null,
  keyWorkspacesMax: null,
  keyWorkspaceOpsMax: null,
  workspaceIdleTicksMax: null,
  baseAgeTicksMax: null,
};

export function patchSettings(settings: WorldSettings, patch: SettingsPatch): WorldSettings {
  return {
    defaultPolicyId: patch.defaultPolicyId ?? settings.defaultPolicyId,
    openWorkspacesMax: patch.openWorkspacesMax ?? settings.openWorkspacesMax,
    workspaceOpsMax: patch.workspaceOpsMax ?? settings.workspaceOpsMax,
    baseAgeSystemChangesMax: patch.baseAgeSystemChangesMax ?? settings.baseAgeSystemChangesMax,
    abortsMax: patch.abortsMax ?? settings.abortsMax,
    keyWorkspacesMax: patch.keyWorkspacesMax ?? settings.keyWorkspacesMax,
    keyWorkspaceOpsMax: patch.keyWorkspaceOpsMax ?? settings.keyWorkspaceOpsMax,
    workspaceIdleTicksMax: patch.workspaceIdleTicksMax ?? settings.workspaceIdleTicksMax,
    baseAgeTicksMax: patch.baseAgeTicksMax ?? settings.baseAgeTicksMax,
  };
}

/** The settings that stand in events and digests, in their order: those of later versions only if one is not as in `unset`. */
export function toldSettings(settings: SettingsPatch, unset: SettingsPatch): readonly SettingName[] {
  const isTold = SETTING_NAMES.slice(FROZEN_SETTINGS_COUNT).some((name) => settings[name] !== unset[name]);
  return isTold ? SETTING_NAMES : SETTING_NAMES.slice(0, FROZEN_SETTINGS_COUNT);
}

/** Whether workspaces that nobody uses are discarded at all. */
export function hasIdleLimit({ workspaceIdleTicksMax }: WorldSettings): boolean {
  return workspaceIdleTicksMax < NEVER_TICKS;
}

/** Whether a base grows old by ticks at all. */
export function hasBaseAgeLimit({ baseAgeTicksMax }: WorldSettings): boolean {
  return baseAgeTicksMax < NEVER_TICKS;
}
