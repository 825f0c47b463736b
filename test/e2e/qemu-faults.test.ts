/** The QEMU driver beyond the contract: QEMUs that are silent, stops that were cut off, guests that change by themselves. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { DriverEvent } from '../../src/drivers/hypervisor/driver.ts';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { until, untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { alive, control, openStage } from './qemu-stage.ts';

const hasty = { powerdown: 500, terminate: 500 };

test('SC11 a QEMU that is silent times out with words, and can be killed', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver, host, layout } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  process.kill(pid, 'SIGSTOP');
  await assert.rejects(driver.pause(referenceTo(vm.id)), { code: 'command.timeout', message: /did not answer/, node: 'here' });
  await assert.rejects(driver.snapshot(withLaunch(vm), 'one', false), { code: 'command.timeout' });
  // One that takes no further session is no VM that does not run.
  const { qmp } = vmFolders(layout, vm.id);
  const open = () => host.connect(qmp).catch(() => null);
  const sessions = [];
  for (let session = await open(); session !== null && sessions.length < 100; session = await open()) sessions.push(session);
  await assert.rejects(driver.pause(referenceTo(vm.id)), {
    code: 'command.timeout',
    message: /runs, but nothing answers/,
    hint: /stopping/,
  });
  for (const session of sessions) session.destroy();
  assert.equal(await driver.guest(referenceTo(vm.id)), null);
  assert.equal((await stage.observed(vm.id))?.state, 'running');
  assert.equal(await driver.kill(referenceTo(vm.id)), true);
  assert.ok(!alive(pid));

  const again = await stage.up(vm);
  process.kill(again, 'SIGSTOP');
  assert.equal(await driver.stop(referenceTo(vm.id), hasty), 'killed');
});

test('CR7 a stop that was cut off is seen as long as its VM runs, also paused, and is gone with the next start', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch('deaf');
  const seen = async () => ((one) => [one?.state, one?.cutOff])(await stage.observed(vm.id));
  await stage.up(vm);
  await writeFile(`${vmFolders(layout, vm.id).run}/stopping`, '');
  assert.deepEqual(await seen(), ['running', true]);
  await driver.pause(referenceTo(vm.id));
  assert.deepEqual(await seen(), ['paused', true]);
  await driver.stop(referenceTo(vm.id), hasty);
  assert.deepEqual(await seen(), ['stopped', undefined]);
  const pid = await stage.up(vm);
  assert.deepEqual(await seen(), ['running', undefined]);
  process.kill(pid, 'SIGKILL');
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
});

test('SC11 a guest without an agent is asked to restart itself by Ctrl-Alt-Del', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const banners = async () => (await driver.consoleLog(referenceTo(vm.id), 10_000)).split(bootBanner).length - 1;
  await stage.shows(vm.id, bootBanner);
  await driver.reboot(referenceTo(vm.id), true);
  await untilTrue(async () => (await banners()) === 2);
  assert.equal((await stage.observed(vm.id))?.pid, pid);
});

test('SC11 what a VM does by itself is heard at once, and its state is seen so', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const heard: DriverEvent[] = [];
  const hears = (kind: DriverEvent['kind'], vmId: string) =>
    until(`${kind} is heard`, async () => heard.find((event) => event.kind === kind && event.vmId === vmId));
  const early = await stage.launch();
  await stage.up(early);
  const watch = driver.watch((event) => heard.push(event));
  try {
    const late = await stage.launch();
    const pid = await stage.up(late);
    await hears('started', late.id);
    await control(stage, late.id, 'stop');
    await hears('paused', late.id);
    await stage.shows(early.id, bootBanner);
    assert.equal((await stage.observed(early.id))?.state, 'running', 'seen, and so heard from now on');
    await control(stage, early.id, 'stop');
    await hears('paused', early.id);
    assert.equal((await stage.observed(early.id))?.state, 'paused', 'somebody else paused it');
    await control(stage, early.id, 'cont');
    await hears('resumed', early.id);
    assert.equal((await stage.observed(early.id))?.state, 'running');
    await control(stage, early.id, 'system_reset');
    await hears('rebooted', early.id);
    process.kill(pid, 'SIGKILL');
    await hears('crashed', late.id);
    assert.deepEqual(((seen) => [seen?.state, seen?.exitCode])(await stage.observed(late.id)), ['failed', 137]);
    await untilTrue(async () => (await driver.consoleLog(referenceTo(early.id), 10_000)).split(bootBanner).length > 2);
    await control(stage, early.id, 'system_powerdown');
    await hears('stopped', early.id);
    assert.deepEqual(((seen) => [seen?.state, seen?.exitCode])(await stage.observed(early.id)), ['stopped', 0]);
  } finally {
    await watch[Symbol.asyncDispose]();
  }
});
