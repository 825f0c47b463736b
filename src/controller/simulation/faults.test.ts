import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultJudge, type FaultPlace } from '../../drivers/hypervisor/noop/faults.ts';
import { faultsOf } from './faults.ts';

test('SC11 as many operations of a simulation fail as it is asked for, a third of them at each place', () => {
  const tries = 30_000;
  for (const failures of [0, 0.3, 0.9, 1]) {
    const judge = new FaultJudge(faultsOf({ seed: 1, failures, delay: 0 }));
    const counts: Record<FaultPlace, number> = { before: 0, halfway: 0, after: 0 };
    for (let index = 0; index < tries; index += 1) {
      const fault = judge.judge('start', [`s/vm-${index}`]);
      if (fault !== null) counts[fault.place] += 1;
    }
    for (const [place, count] of Object.entries(counts)) {
      assert.ok(Math.abs(count - (tries * failures) / 3) < tries / 100, `${place}: ${count} of ${tries} where ${failures} are to fail`);
    }
    const failed = counts.before + counts.halfway + counts.after;
    if (failures === 0 || failures === 1) assert.equal(failed, tries * failures);
  }
});
