/** How fast VMs get their nodes, in clusters of three sizes, against a scan of all nodes for each VM. */
import type { PlacementSnapshot } from '../../src/model/placement/assignment.ts';
import { prepare, type ScheduleOptions, schedule } from '../../src/scheduler/schedule.ts';
import { cluster } from '../cluster.ts';
import type { Figure } from '../figure.ts';
import { placeByScan } from '../scan.ts';

const sizes = [100, 1000, 5000];
const policies = ['spread', 'pack'] as const;
const repetitions = 5;
/** VMs that the scan places: it is too slow for all of them. */
const scanned = 100;

export async function measurePlacement(_stage: unknown, say: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizes) {
    const snapshot = cluster(size);
    for (const policy of policies) {
      const options: ScheduleOptions = { now: 0, routerGrace: 60_000, policy };
      // What ran once is compiled.
      schedule(snapshot, options);
      const rates = repeated(() => rateOf(snapshot.vms.length, () => placedBy(snapshot, options)));
      const scanRates = repeated(() => rateOf(scanned, () => placeByScan(snapshot, policy, scanned)));
      const decisions = repeated(() => decisionTimes(snapshot, options));
      say(`${size} nodes, ${policy}: ${placedBy(snapshot, options)} of ${snapshot.vms.length} VMs get a node`);
      const name = `${size} nodes, ${policy}`;
      figures.push(
        {
          scenario: 'placement',
          unit: 'VMs/s',
          measured: { name: `${name}: all decisions`, samples: rates },
          alternative: { name: 'scan per VM', samples: scanRates },
          target: { kind: 'at least', limit: 10_000 },
        },
        decisionFigure(`${name}: one decision, median`, decisions, 0.5, scanRates, null),
        decisionFigure(`${name}: one decision, 99th percentile`, decisions, 0.99, scanRates, { kind: 'at most', limit: 1000 }),
      );
    }
  }
  return figures;
}

function decisionFigure(
  name: string,
  runs: readonly number[][],
  part: number,
  scanRates: readonly number[],
  target: Figure['target'],
): Figure {
  return {
    ...{ scenario: 'placement', unit: 'µs', target },
    measured: { name, samples: runs.map((times) => times[Math.floor(times.length * part)] ?? 0) },
    alternative: { name: 'scan per VM, mean', samples: scanRates.map((rate) => 1_000_000 / rate) },
  };
}

function repeated<Result>(measure: () => Result): Result[] {
  return Array.from({ length: repetitions }, measure);
}

/** VMs per second. */
function rateOf(count: number, work: () => number): number {
  const start = performance.now();
  const placed = work();
  if (placed === 0) throw new Error('nothing was placed');
  return (count / (performance.now() - start)) * 1000;
}

function placedBy(snapshot: PlacementSnapshot, options: ScheduleOptions): number {
  return schedule(snapshot, options).assignments.filter(({ nodeId }) => nodeId !== null).length;
}

/** µs of each decision, ascending. */
function decisionTimes(snapshot: PlacementSnapshot, options: ScheduleOptions): number[] {
  const { placement, groups } = prepare(snapshot, options);
  const times = groups.map((group) => {
    const start = performance.now();
    placement.decide(group);
    return (performance.now() - start) * 1000;
  });
  return times.sort((a, b) => a - b);
}
