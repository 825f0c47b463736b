/** The process of a VM under the QEMU driver: how it is ended, found and missed, and that no other process is taken for it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { processName, vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { alive, openStage } from './qemu-stage.ts';

const patient = { powerdown: 20_000, terminate: 5_000 };
const hasty = { powerdown: 300, terminate: 5_000 };

test('CR7 a guest that hears the power button powers itself off', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch('obedient');
  const pid = await stage.up(vm);
  await untilTrue(async () => (await driver.consoleLog(referenceTo(vm.id), 1000)).includes(bootBanner));
  assert.equal(await driver.stop(referenceTo(vm.id), patient), 'powered-down');
  assert.ok(!alive(pid));
  assert.deepEqual(await stage.observed(vm.id), {
    id: vm.id,
    state: 'stopped',
    pid: null,
    startedAt: null,
    memory: null,
    launchHash: planHash(vm),
    exitCode: null,
  });
  assert.equal(await driver.stop(referenceTo(vm.id), patient), 'not-running');
});

test('CR7 a guest that does not is terminated, and a process that ignores that is killed', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch('deaf');
  await stage.up(vm);
  assert.equal(await driver.stop(referenceTo(vm.id), hasty), 'terminated');
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');

  const pid = await stage.up(vm);
  process.kill(pid, 'SIGSTOP');
  assert.equal(await driver.stop(referenceTo(vm.id), { powerdown: 300, terminate: 200 }), 'killed');
  assert.ok(!alive(pid));
  assert.equal((await stage.observed(vm.id))?.state, 'stopped', 'an end that was wanted is no failure');
});

test('CR7 a control socket that is silent does not keep a VM alive', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { layout, driver } = stage;
  const vm = await stage.launch('obedient');
  await stage.up(vm);
  const { qmp } = vmFolders(layout, vm.id);
  await rm(qmp);
  const silent = createServer().listen(qmp);
  await once(silent, 'listening');
  try {
    assert.equal(await driver.stop(referenceTo(vm.id), patient), 'terminated');
  } finally {
    silent.close();
  }
});

test('SC19 a stale pidfile harms nobody: stop ends exactly its own process', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { layout, driver } = stage;
  const vm = await stage.launch('deaf');
  const neighbour = await stage.launch('deaf', { id: `${vm.id.slice(0, 15)}${vm.id.endsWith('a') ? 'b' : 'a'}` });
  const pid = await stage.up(vm);
  const neighbourPid = await stage.up(neighbour);
  /** Its command line has all that the VM's has, its user is another. */
  await using namesake = await stranger(['-c', 'sleep 600; :', processName(vm.id)], 65534);
  /** Its user is the VM's, its name continues where the VM's ends. */
  await using longer = await stranger(['-c', 'sleep 600; :', `${processName(vm.id)}0`], vmUserId(vm.id));
  const { run } = vmFolders(layout, vm.id);

  for (const other of [namesake.pid, longer.pid, neighbourPid]) {
    const own = await stage.up(vm);
    await writeFile(`${run}/pid`, `${other}\n`);
    assert.equal(await driver.stop(referenceTo(vm.id), hasty), 'terminated');
    assert.ok(!alive(own));
    assert.ok(alive(other), 'a stale pidfile endangers nobody');
  }
  assert.ok(!alive(pid) && [namesake.pid, longer.pid, neighbourPid].every(alive));
});

test('CR7 a VM is seen whatever number its pidfile has', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch('deaf');
  const pid = await stage.up(vm);
  await using sleeper = await stranger(['-c', 'sleep 600; :', processName(vm.id)], 65534);
  for (const text of [`${sleeper.pid}`, '999999999', 'x', '']) {
    await writeFile(`${vmFolders(stage.layout, vm.id).run}/pid`, `${text}\n`);
    assert.deepEqual(((seen) => [seen?.state, seen?.pid])(await stage.observed(vm.id)), ['running', pid], text);
  }
});

test('CR7 a VM whose run folder somebody deleted is still seen, and ended when it is removed', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { layout, driver } = stage;
  const vm = await stage.launch('deaf');
  const pid = await stage.up(vm);
  await rm(vmFolders(layout, vm.id).run, { recursive: true });
  assert.deepEqual(((seen) => [seen?.state, seen?.pid])(await stage.observed(vm.id)), ['running', pid]);
  await driver.destroy(referenceTo(vm.id));
  assert.ok(!alive(pid));
  assert.equal(await stage.observed(vm.id), null);
});

test('SC19 destroy leaves a stranger alone who has the number in a stale pidfile', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  await stage.driver.prepare(withLaunch(vm, 'slice/vm'));
  await using sleeper = await stranger(['-c', 'sleep 600; :'], 0);
  const { run, state } = vmFolders(stage.layout, vm.id);
  await mkdir(run, { recursive: true });
  await writeFile(`${run}/pid`, `${sleeper.pid}\n`);
  await stage.driver.destroy(referenceTo(vm.id));
  assert.ok(alive(sleeper.pid));
  await assert.rejects(stat(state), { code: 'ENOENT' });
});

test('CR16 a QEMU that was killed is seen as failed, and can be started again', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  process.kill(await stage.up(vm), 'SIGKILL');
  await untilTrue(async () => (await stage.observed(vm.id))?.state === 'failed');
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
  await stage.up(vm);
});

test('CR16 a VM whose node lost its run folder, as by a reboot, is seen as failed', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  process.kill(await stage.up(vm), 'SIGKILL');
  const { run } = vmFolders(stage.layout, vm.id);
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
  await rm(run, { recursive: true });
  assert.equal((await stage.observed(vm.id))?.state, 'failed');
  await stage.up(vm);
});

/** A process that is none of Croft's. */
async function stranger(shellArguments: string[], user: number) {
  const child = spawn('sh', shellArguments, { stdio: 'ignore', uid: user, gid: user, detached: true });
  await once(child, 'spawn');
  const pid = child.pid ?? assert.fail('it has no pid');
  return {
    pid,
    async [Symbol.asyncDispose]() {
      process.kill(-pid, 'SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
