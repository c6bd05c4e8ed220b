/** Recording where a checkpoint stands. */
import type { Sha256 } from '../bytes/digest.ts';
import type { CheckpointEvent } from '../history/event.ts';
import { worldDigest, type World } from '../world.ts';
import type { RecordCheckpoint } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideRecordCheckpoint(world: World, _command: RecordCheckpoint, sha256: Sha256): Outcome {
  const draft: EventDraft<CheckpointEvent> = {
    kind: 'CHECKPOINT',
    view: null,
    pins: pins(world, null),
    worldDigest: worldDigest(world, sha256),
  };
  return { ok: true, draft, state: world };
}

/** It is history and nothing else: whoever verifies compares the digest. */
export function applyCheckpoint(world: World): World {
  return world;
}
