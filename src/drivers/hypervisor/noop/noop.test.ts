import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launch } from '../../../../test/support/vm.ts';
import { referenceTo, withLaunch } from '../../../../test/support/vm-reference.ts';
import type { Host } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach } from '../driver.ts';
import { createNoopHypervisor } from './noop.ts';

const layout = nodeLayout();
const abilities = tcgAbilities;
const refuse = () => Promise.reject(new Error('the noop driver asks no host'));
const host: Host = { name: 'n', batch: refuse, spawn: refuse, connect: refuse, login: refuse, close: refuse, end: refuse };
const vm = launch();

test('CR6 the noop driver goes through the states of a real one', async () => {
  const hypervisor = createNoopHypervisor({ now: () => 5 });
  const driver = hypervisor.on({ host, layout, abilities });
  const state = () => {
    const [seen] = driver.observe().parse({ code: 0, stdout: '', stderr: '' });
    return seen?.state ?? 'none';
  };
  assert.equal(state(), 'none');
  await driver.prepare(withLaunch(vm, 'a/b'));
  assert.equal(state(), 'stopped');
  await driver.start(withLaunch(vm, 'a/b'));
  await driver.start(withLaunch(vm, 'a/b'));
  assert.equal(state(), 'running');
  hypervisor.lose(vm.id, 137);
  assert.equal(state(), 'failed');
  await driver.start(withLaunch(vm, 'a/b'));
  assert.equal(await driver.stop(referenceTo(vm.id), { powerdown: 0, terminate: 0 }), 'powered-down');
  assert.equal(await driver.stop(referenceTo(vm.id), { powerdown: 0, terminate: 0 }), 'not-running');
  await driver.destroy(referenceTo(vm.id));
  assert.equal(state(), 'none');
});

test('CR6 the noop driver fails once on request, and waits where it is held', async () => {
  const hypervisor = createNoopHypervisor();
  const driver = hypervisor.on({ host, layout, abilities });
  hypervisor.failNext('prepare', vm.id, new CroftError('disk.full', 'full'));
  await assert.rejects(driver.prepare(withLaunch(vm, 'a/b')), { code: 'disk.full' });
  const { promise, resolve } = Promise.withResolvers<void>();
  hypervisor.hold('prepare', vm.id, promise);
  const order: string[] = [];
  const prepared = driver.prepare(withLaunch(vm, 'a/b')).then(() => order.push('prepared'));
  order.push('released');
  resolve();
  await prepared;
  assert.deepEqual(order, ['released', 'prepared']);
});

test('CR6 the noop driver carries a stopped VM to another node with its disk, and leaves an arrival where that fails', async () => {
  const hypervisor = createNoopHypervisor({ now: () => 5 });
  const driver = hypervisor.on({ host, layout, abilities });
  const other = { ...layout, stateFolder: '/other' };
  const to: NodeReach = { host, layout: other };
  const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
  const arrivals = () => hypervisor.on(to).arrivals().parse({ code: 0, stdout: '', stderr: '' });
  await driver.prepare(withLaunch(vm, 's/a'));
  hypervisor.failNext('transfer', vm.id, new CroftError('command.failed', 'as the test wants it'));
  await assert.rejects(driver.transfer(withLaunch(vm, 's/a'), to, options));
  assert.deepEqual([hypervisor.disk(other, vm.id), arrivals()], [null, [vm.id]]);
  await driver.transfer(withLaunch(vm, 's/a'), to, options);
  assert.deepEqual([hypervisor.disk(other, vm.id), arrivals()], [hypervisor.disk(layout, vm.id), []]);
});
