/** Laws of the trail: what it keeps is near what is asked, is few, and holds on to little. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { emptyWorldOf } from '@jitos/testkit/world/empty-world.ts';
import { WorldTrail } from './world-trail.ts';

/** Events and cost between one world and the next. */
const anySteps = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 50 })), {
  minLength: 1,
  maxLength: 400,
});

law('between two worlds that are kept lie no more than the spread allows, or nothing that was put', {
  inputs: fc.tuple(anySteps, fc.constantFrom(1 / 8, 1 / 2, 1)),
  runs: 60,
  holds: ([steps, spread]) => {
    const trail = new WorldTrail({ spread, costMax: Infinity });
    const sizes: number[] = [];
    for (const [events, cost] of steps) {
      sizes.push((sizes.at(-1) ?? 0) + events);
      trail.put(emptyWorldOf(sizes.at(-1)!), cost);
    }
    const newest = sizes.at(-1)!;
    for (let asked = 1; asked <= newest; asked++) {
      const found = trail.nearest(asked)?.history.size;
      const best = sizes.findLast((size) => size <= asked);
      assert.equal(found === undefined, best === undefined);
      if (found === undefined || best === undefined) continue;
      assert.ok(found <= best && sizes.includes(found));
      assert.ok(found === best || asked - found <= spread * (newest - asked) + 40, `${asked} from ${found}`);
    }
    // Each step back that skips one multiplies the distance by 1 + spread at the least, every second one at the worst.
    const countMax = 4 + (2 * Math.log(newest + 1)) / Math.log(1 + spread);
    assert.ok(trail.length <= Math.min(countMax, steps.length), `${trail.length} of ${steps.length}`);
  },
});

law('what is kept holds on to no more than it may, and drops nothing before', {
  inputs: fc.tuple(anySteps, fc.integer({ min: 0, max: 600 })),
  runs: 60,
  holds: ([steps, costMax]) => {
    const thinned = new WorldTrail({ spread: 1 / 8, costMax });
    const whole = new WorldTrail({ spread: 0, costMax });
    let size = 0;
    for (const [at, [events, cost]] of steps.entries()) {
      size += events;
      for (const trail of [thinned, whole]) trail.put(emptyWorldOf(size), cost);
      let since = 0;
      let reach = size;
      for (let i = at; i >= 0 && since <= costMax; i--) {
        assert.equal(whole.nearest(reach)?.history.size, reach, `${reach} of ${size}, ${since} ago`);
        since += steps[i]![1];
        reach -= steps[i]![0];
      }
      if (since <= costMax) continue;
      for (const trail of [thinned, whole]) assert.equal(trail.nearest(reach), undefined, `${reach} of ${size}`);
    }
  },
});
