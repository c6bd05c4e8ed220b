/**
 * Installing a rule pack: `proposed → checking → active | refused | withdrawn`.
 *
 * A proposal begins to be checked at once. Each `checkRules` gives some elements of System their turn, and the one after the
 * last of them ends it: System moves under the new pack, or the offenders are told. Until then the pack before is in force, and
 * the proposal can be taken back.
 */
import { assert } from '../assert.ts';
import type { Sha256 } from '../bytes/digest.ts';
import type { Graph } from '../graph/graph.ts';
import type { RuleBreak } from '../graph/rules/check.ts';
import {
  afterStep,
  beginInstallation,
  checkStep,
  commitBreaks,
  endInstallation,
  followCommit,
  installedGraph,
  type Installation,
} from '../graph/rules/installation.ts';
import { migrationContradiction } from '../graph/rules/migration.ts';
import { decodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import type { RulesActivated, RulesChecked, RulesProposed, RulesRefused, RulesWithdrawn } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { snapshotUnder, type Snapshot } from '../view/snapshot.ts';
import type { World } from '../world.ts';
import type { CheckRules, ProposeRules, WithdrawRules } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

const NOT_CHECKING = 'no rule pack has been proposed since the last one was active, refused or withdrawn';

export function decideProposeRules(world: World, command: ProposeRules, sha256: Sha256): Outcome | Refusal {
  const decoded = decodeRulePack(command.rules, sha256);
  if (!decoded.ok) return decoded;
  const { rules } = decoded;
  const problem = migrationContradiction(command.migration, rules);
  if (problem !== undefined) return problem;
  if (world.installation?.status === 'checking') {
    return refuse(
      'RULES_BUSY',
      'rules',
      `event ${world.installation.proposedIdx} proposed a pack that is being checked`,
    );
  }
  if (rules.id === world.system.rules.id) {
    return refuse('RULES_UNCHANGED', 'rules', `event ${world.rulesIdx} put this very pack in force`);
  }
  const draft: EventDraft<RulesProposed> = {
    kind: 'RULES_PROPOSED',
    view: null,
    pins: pins(world, null),
    rulePackId: rules.id,
    rules: rules.bytes,
    migration: command.migration,
    meta: command.meta,
  };
  return { ok: true, draft, state: withProposal(world, draft, rules) };
}

/** Trusts that the document is one of a pack. */
export function applyRulesProposed(world: World, event: EventDraft<RulesProposed>, sha256: Sha256): World {
  const decoded = decodeRulePack(event.rules, sha256);
  assert(decoded.ok, 'history holds a rule pack that can not be read');
  return withProposal(world, event, decoded.rules);
}

function withProposal(world: World, { migration }: EventDraft<RulesProposed>, rules: RulePack): World {
  return { ...world, installation: beginInstallation(rules, migration, world.history.size, world.system.graph) };
}

export function decideCheckRules(world: World, command: CheckRules, sha256: Sha256): Outcome | Refusal {
  const { installation } = world;
  if (installation?.status !== 'checking') {
    return refuse('RULES_NOT_CHECKING', '', NOT_CHECKING);
  }
  if (installation.turn.element === 'done') return decideEnd(world, installation, sha256);
  const { step, after } = checkStep(installation, world.system.graph, command.elementCountMax, sha256);
  const draft: EventDraft<RulesChecked> = { kind: 'RULES_CHECKED', view: null, pins: pins(world, null), ...step };
  return { ok: true, draft, state: { ...world, installation: after } };
}

/** Gives the elements their turn, and believes what the event says of them. */
export function applyRulesChecked(world: World, event: EventDraft<RulesChecked>, sha256: Sha256): World {
  return { ...world, installation: afterStep(mustBeChecking(world), world.system.graph, event, sha256) };
}

function decideEnd(world: World, installation: Installation, sha256: Sha256): Outcome {
  const { rules, offenders, offenderCount, offendersDigest } = installation;
  if (offenderCount > 0) {
    const draft: EventDraft<RulesRefused> = {
      kind: 'RULES_REFUSED',
      view: null,
      pins: pins(world, null),
      rulePackId: rules.id,
      offenders,
      offenderCount,
      offendersDigest,
    };
    return { ok: true, draft, state: applyRulesRefused(world) };
  }
  const system = snapshotUnder(world.system, installedGraph(installation, world.system.graph), rules, sha256);
  const draft: EventDraft<RulesActivated> = {
    kind: 'RULES_ACTIVATED',
    view: null,
    pins: pins(world, null),
    rulePackId: rules.id,
    proposedIdx: installation.proposedIdx,
    rulesIdxBefore: world.rulesIdx,
    systemDigest: system.digest,
    systemSnapshotId: system.id,
  };
  return { ok: true, draft, state: withSystem(world, installation, system) };
}

export function applyRulesRefused(world: World): World {
  return { ...world, installation: endInstallation(mustBeChecking(world), 'refused', world.history.size) };
}

export function decideWithdrawRules(world: World, command: WithdrawRules): Outcome | Refusal {
  const { installation } = world;
  if (installation?.status !== 'checking') return refuse('RULES_NOT_CHECKING', 'proposedIdx', NOT_CHECKING);
  const { rules, proposedIdx } = installation;
  if (proposedIdx !== command.proposedIdx) {
    const detail = `the pack that is being checked was proposed by event ${proposedIdx}, not by ${command.proposedIdx}`;
    return refuse('RULES_NOT_CHECKING', 'proposedIdx', detail);
  }
  const draft: EventDraft<RulesWithdrawn> = {
    kind: 'RULES_WITHDRAWN',
    view: null,
    pins: pins(world, null),
    rulePackId: rules.id,
    proposedIdx,
    meta: command.meta,
  };
  return { ok: true, draft, state: applyRulesWithdrawn(world) };
}

export function applyRulesWithdrawn(world: World): World {
  return { ...world, installation: endInstallation(mustBeChecking(world), 'withdrawn', world.history.size) };
}

/** Trusts the digests that the event records. */
export function applyRulesActivated(world: World, event: EventDraft<RulesActivated>): World {
  const installation = mustBeChecking(world);
  const graph = installedGraph(installation, world.system.graph);
  const system = { rules: installation.rules, graph, digest: event.systemDigest, id: event.systemSnapshotId };
  return withSystem(world, installation, system);
}

function withSystem(world: World, installation: Installation, system: Snapshot): World {
  return {
    ...world,
    system,
    systemChanges: world.systemChanges + 1, // another pack, another digest
    rulesIdx: world.history.size,
    installation: endInstallation(installation, 'active', world.history.size),
  };
}

function mustBeChecking({ installation }: World): Installation {
  assert(installation?.status === 'checking', 'history checks a rule pack that was not proposed');
  return installation;
}

/**
 * The world with System at the snapshot that a collapse led to, under the pack that it is under. A pack that is being
 * checked follows.
 */
export function moveSystem(world: World, system: Snapshot, sha256: Sha256): World {
  if (system.id === world.system.id) return world;
  const installation =
    world.installation === null ? null : followCommit(world.installation, world.system.graph, system.graph, sha256);
  return { ...world, system, systemChanges: world.systemChanges + 1, installation };
}

/** The rules of the pack that is being checked that System would break as `graph`. O(what differs · log n). */
export function proposedBreaks({ system, installation }: World, graph: Graph, sha256: Sha256): readonly RuleBreak[] {
  return installation === null ? [] : commitBreaks(installation, system.graph, graph, sha256);
}
