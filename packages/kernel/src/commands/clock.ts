/** Recording that time has passed. */
import { NO_DENIALS } from '../grant/denials.ts';
import type { Tick } from '../history/event.ts';
import type { World } from '../world.ts';
import type { AdvanceClock } from './command.ts';
import { pins, type EventDraft, type Outcome } from './outcome.ts';

export function decideAdvanceClock(world: World, { ticks, wallMs }: AdvanceClock): Outcome {
  const draft: EventDraft<Tick> = {
    kind: 'TICK',
    view: null,
    pins: pins(world, null),
    ticks,
    wallMs,
    tick: world.clock.tick + ticks,
  };
  return { ok: true, draft, state: applyTick(world, draft) };
}

export function applyTick(world: World, { tick, wallMs }: EventDraft<Tick>): World {
  return { ...world, clock: { tick, wallMs }, denials: NO_DENIALS };
}
