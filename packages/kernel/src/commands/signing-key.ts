/** Recording which key signs the history's tree heads from here on. The kernel signs nothing and holds no key. */
import type { SigningKeyChanged } from '../history/event.ts';
import type { World } from '../world.ts';
import type { ChangeSigningKey } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideChangeSigningKey(world: World, { origin, publicKey }: ChangeSigningKey): Outcome {
  const draft: EventDraft<SigningKeyChanged> = {
    kind: 'SIGNING_KEY_CHANGED',
    view: null,
    pins: pins(world, null),
    origin,
    publicKey,
  };
  return { ok: true, draft, state: world };
}

/** It is history and nothing else: whoever checks proofs reads it there. */
export function applySigningKeyChanged(world: World): World {
  return world;
}
