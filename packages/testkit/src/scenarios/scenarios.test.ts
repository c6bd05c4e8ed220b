import assert from 'node:assert/strict';
import { test } from 'node:test';
import { performScenario, readScenario, scenarioFiles } from './scenarios.ts';

for (const path of scenarioFiles()) {
  test(`${path}: the commands print what stands there`, async () => {
    assert.equal(await performScenario(path), readScenario(path));
  });
}
