/** A world that commands are run against, with the history they write. */
import assert from 'node:assert/strict';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  apply,
  createWorld,
  decide,
  decodeEvent,
  getWorkspace,
  type AccessDenied,
  type Command,
  type Decision,
  type EncodedEvent,
  type Event,
  type Op,
  type Refusal,
  type Snapshot,
  type Workspace,
  type World,
} from '@jitos/kernel';
import { applyRewrite, collapseWorkspace, createWorkspace } from './make-ops.ts';

export class WorldDriver {
  readonly events: EncodedEvent[] = [];
  /** The newest world; a test may put a forged one here. */
  world: World;

  constructor() {
    const created = createWorld({ quantumMs: 1000 }, sha256);
    this.events.push(created.encoded);
    this.world = created.world;
  }

  /** Decides the command and moves the world if it was carried out. */
  run(command: Command): Decision {
    const decision = decide(this.world, command, sha256);
    if (decision.ok && !decision.repeated) {
      this.events.push(decision.encoded);
      this.world = decision.world;
    }
    return decision;
  }

  /** Runs a command that writes an event of this kind, and returns the event. */
  must<Kind extends Event['kind']>(kind: Kind, command: Command): Extract<Event, { kind: Kind }> {
    const decision = this.run(command);
    if (!decision.ok || decision.repeated) assert.fail(`not carried out: ${JSON.stringify(decision)}`);
    assert.equal(decision.encoded.event.kind, kind);
    return decision.encoded.event as Extract<Event, { kind: Kind }>; // the line above has looked
  }

  /** Runs a command that is refused, and returns why. */
  refused(command: Command): Refusal {
    const decision = this.run(command);
    assert.ok(!decision.ok, 'the command was carried out');
    return decision;
  }

  /** Runs a command that is denied, and returns the event that tells of it. */
  denied(command: Command): AccessDenied {
    const decision = this.run(command);
    if (!decision.ok || decision.repeated) assert.fail(`no event tells of it: ${JSON.stringify(decision)}`);
    const { event } = decision.encoded;
    assert.ok(event.kind === 'ACCESS_DENIED', `${event.kind} was written`);
    assert.equal(decision.denial?.reason, 'ACCESS_DENIED');
    return event;
  }

  /** A new workspace on which these ops have run. */
  fork(...ops: Op[]): number {
    const number = this.must('SWS_CREATED', createWorkspace()).view;
    if (ops.length > 0) this.must('REWRITE_APPLIED', applyRewrite(number, ops));
    return number;
  }

  /** Runs the ops in a workspace of their own and collapses it. */
  commit(...ops: Op[]): void {
    const collapse = this.must('COLLAPSE', collapseWorkspace(this.fork(...ops)));
    assert.notEqual(collapse.mode, null, 'the collapse was aborted');
  }

  workspace(number: number): Workspace {
    const workspace = getWorkspace(this.world, number);
    assert.ok(workspace !== undefined, `workspace ${number} is not open`);
    return workspace;
  }

  head(number: number): Snapshot {
    return this.workspace(number).head;
  }
}

/** The world that a history gives when it is applied event by event. */
export function fold(events: readonly EncodedEvent[]): World {
  let world: World | null = null;
  for (const event of events) world = apply(world, event, sha256);
  assert.ok(world !== null, 'a history has at least one event');
  return world;
}

/** The event as a reader gets it, from its bytes. */
export function reread(encoded: EncodedEvent): EncodedEvent {
  return decodeEvent(encoded.header, encoded.body, sha256);
}
