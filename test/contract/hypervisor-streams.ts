/** The contract's part about what is heard and seen of a VM: its console, its screen, its agent, events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriverEvent } from '../../src/drivers/hypervisor/driver.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, lacks, prepare, shortTimes, start, up } from './hypervisor-stage.ts';

export function streamsContract(current: () => HypervisorStage): void {
  test('SC11 the console of a VM that runs opens, closes and opens again; what it printed can be read where that is kept', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await up(stage, lent.vm);
    for (const _ of [1, 2]) {
      const console = await driver.console(referenceTo(lent.vm.id));
      const closed = new Promise((resolve) => console.once('close', resolve));
      console.destroy();
      await closed;
    }
    if (await lacks(stage, 'console-log', () => driver.consoleLog(referenceTo(lent.vm.id), 1))) return;
    assert.equal(typeof (await driver.consoleLog(referenceTo(lent.vm.id), 1000)), 'string');
    assert.ok((await driver.consoleLog(referenceTo(lent.vm.id), 1)).length <= 1);
  });

  test('SC11 the console of a VM closes when the VM is stopped, and its screen too', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await up(stage, lent.vm);
    const streams = [await driver.console(referenceTo(lent.vm.id))];
    if (driver.can.has('vnc')) streams.push(await driver.vnc(referenceTo(lent.vm.id)));
    const closed = streams.map((stream) => {
      stream.on('error', () => undefined);
      stream.resume();
      return new Promise((resolve) => stream.once('close', resolve));
    });
    assert.notEqual(await driver.stop(referenceTo(lent.vm.id), shortTimes), 'not-running');
    await Promise.all(closed);
  });

  test('SC11 the screen of a VM that runs speaks RFB', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await up(stage, lent.vm);
    if (await lacks(stage, 'vnc', () => driver.vnc(referenceTo(lent.vm.id)))) return;
    const screen = await driver.vnc(referenceTo(lent.vm.id));
    let heard = '';
    for await (const chunk of screen) {
      heard += String(chunk);
      if (heard.length >= 12) break;
    }
    assert.match(heard, /^RFB 003\.00\d\n/);
    screen.destroy();
  });

  test('SC11 where no agent answers there is no report, and no failure', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await prepare(stage, lent.vm);
    if (await lacks(stage, 'guest-agent', () => driver.guest(referenceTo(lent.vm.id)))) return;
    assert.equal(await driver.guest(referenceTo(lent.vm.id)), null);
  });

  test('SC11 events of VMs are reported as they happen', async () => {
    const stage = current();
    const { driver } = stage;
    const heard: DriverEvent[] = [];
    if (!driver.can.has('events')) {
      assert.throws(() => driver.watch(() => undefined), { code: 'unsupported' });
      return;
    }
    await using _ = driver.watch((event) => heard.push(event));
    await using lent = await borrow(stage);
    const told = (kind: DriverEvent['kind']) => heard.some((event) => event.kind === kind && event.vmId === lent.vm.id);
    await prepare(stage, lent.vm);
    // The connection to the events may be opened after the first start: the VM is started until an event is reported.
    while (!told('started')) {
      await start(stage, lent.vm);
      await driver.stop(referenceTo(lent.vm.id), shortTimes);
    }
    await start(stage, lent.vm);
    await stage.crash(lent.vm.id);
    await untilTrue(() => told('crashed') || told('stopped'));
  });
}
