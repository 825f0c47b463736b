/** What must hold of every hypervisor driver. A driver's test file opens a stage for it and calls `hypervisorContract`. */
import { after, before, describe } from 'node:test';
import { devicesContract } from './hypervisor-devices.ts';
import { foreignContract } from './hypervisor-foreign.ts';
import { lifeContract } from './hypervisor-life.ts';
import { movesContract } from './hypervisor-moves.ts';
import { snapshotsContract } from './hypervisor-snapshots.ts';
import type { HypervisorStage } from './hypervisor-stage.ts';
import { streamsContract } from './hypervisor-streams.ts';
import { troublesContract } from './hypervisor-troubles.ts';

/** Registers the tests of the driver `name`. The stage is opened once, before the first of them. */
export function hypervisorContract(name: string, openStage: () => Promise<HypervisorStage>): void {
  describe(`the contract of hypervisor drivers, kept by ${name}`, () => {
    let stage: HypervisorStage | undefined;
    before(async () => {
      stage = await openStage();
    });
    after(async () => {
      await stage?.[Symbol.asyncDispose]();
    });
    const current = (): HypervisorStage => {
      if (stage === undefined) throw new Error('the stage is not open');
      return stage;
    };
    lifeContract(current);
    foreignContract(current);
    snapshotsContract(current);
    devicesContract(current);
    streamsContract(current);
    movesContract(current);
    troublesContract(current);
  });
}
