/** What happens to VMs is seen at once: between two passes of this controller that nothing asks for lie ten minutes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';

let stage: ClusterStage;

before(async () => {
  stage = await ClusterStage.open({ hosts: 1, interval: 600_000 });
  const file = {
    slice: 'shop',
    template: { image: 'micro', cpus: 1, memory: '128MiB' },
    vms: { web: { restart: 'always' }, once: { restart: 'on-failure' } },
  };
  const { task } = await stage.client.slices.apply({ file });
  if (task !== null) await stage.done(task);
});
after(() => stage?.[Symbol.asyncDispose]());

test('SC11 a VM whose QEMU is killed runs again without waiting for the next pass', async () => {
  const since = stage.events.now;
  const pid = await stage.pid('shop', 'web');
  await stage.on((await stage.client.vms.get('shop', 'web')).node, 'kill -KILL "$1"', String(pid));
  const ended = await stage.events.next('vm.ended', { after: since, vm: 'web' });
  await stage.events.next('vm.running', { after: ended.sequence - 1, vm: 'web' });
  assert.notEqual(await stage.pid('shop', 'web'), pid);
});

test('SC11 a guest that powers off by itself is seen as stopped without waiting for the next pass', async () => {
  const since = stage.events.now;
  await until('it is up', async () => (await stage.client.vms.consoleLog('shop', 'once')).includes('once ready') || undefined, 60_000);
  await using shell = await stage.shell('shop', 'once');
  await shell.run('(poweroff &)');
  await stage.events.next('vm.ended', { after: since, vm: 'once' });
  const seen = await until('it is stopped', async () => {
    const vm = await stage.client.vms.get('shop', 'once');
    return vm.state === 'running' ? undefined : vm;
  });
  assert.equal(seen.state, 'stopped');
});
