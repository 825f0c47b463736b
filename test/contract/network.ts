/** What must hold of every network driver. A driver's test file opens a stage for it and calls `networkContract`. */
import { after, before, describe } from 'node:test';
import { portsContract } from './network-ports.ts';
import { purgeContract, routersContract } from './network-routers.ts';
import type { NetworkStage } from './network-stage.ts';
import { underlayContract } from './network-underlay.ts';

/** Registers the tests of the driver `name`. The stage is opened once, before the first of them. */
export function networkContract(name: string, openStage: () => Promise<NetworkStage>): void {
  describe(`the contract of network drivers, kept by ${name}`, () => {
    let stage: NetworkStage | undefined;
    let picture = '';
    before(async () => {
      stage = await openStage();
      picture = await stage.picture();
    });
    after(async () => {
      await stage?.[Symbol.asyncDispose]();
    });
    const current = (): NetworkStage => {
      if (stage === undefined) throw new Error('the stage is not open');
      return stage;
    };
    underlayContract(current);
    portsContract(current);
    routersContract(current);
    purgeContract(current, () => picture);
  });
}
