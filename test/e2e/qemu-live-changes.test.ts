/** QEMUs that change while they run: devices, sizes, and the share of the processors. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openGuestNetwork } from './guest-network.ts';
import { control, openStage, processStatus, tcgAbilities, virtualSize, volume } from './qemu-stage.ts';

test('SC11 what came and went while it ran, and what grew, is what the VM is known to run from', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  await using network = await openGuestNetwork(stage.host);
  const { layout } = stage;
  const { host } = network;
  const driver = stage.hypervisor.on({ host, layout, abilities: tcgAbilities });
  const plain = await stage.launch('obedient', { disk: 4 * mebibyte });
  const ports = [newIdentifier(), newIdentifier()].map((nicId) => ({ ...network.port(nicId), vmId: plain.id }));
  for (const port of ports) await network.addTap(plain.id, port);
  const vm = { ...plain, ports, volumes: [volume(), { ...volume(), name: 'more' }], disk: 8 * mebibyte };
  const [first, second] = vm.volumes.map(({ id }) => id) as [string, string];
  const pid = await stage.up({ ...vm, ports: ports.slice(0, 1), volumes: vm.volumes.slice(1), disk: plain.disk }, host);
  const hash = async () => (await stage.observed(vm.id))?.launchHash;

  await driver.attachNic(withLaunch(vm), ports[1]?.nicId ?? '');
  await driver.attachVolume(withLaunch(vm), first);
  assert.deepEqual(await driver.resize(withLaunch(vm)), { atNextStart: [] });
  assert.equal(await hash(), planHash(vm));
  assert.equal(await virtualSize(vmFolders(layout, vm.id).disk), 8 * mebibyte);
  await driver.prepare(withLaunch(vm, 's/a'));
  assert.equal(await hash(), planHash(vm));

  await driver.detachNic(referenceTo(vm.id), ports[0]?.nicId ?? '');
  await driver.detachVolume(referenceTo(vm.id), second);
  const less = { ...vm, ports: ports.slice(1), volumes: vm.volumes.slice(0, 1) };
  assert.equal(await hash(), planHash(less));
  assert.equal((await stage.observed(vm.id))?.pid, pid);
  process.kill(pid, 'SIGKILL');
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
});

test('SC11 a VM has its share of the processors where the node has such groups, and they go with it', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch('obedient', { cpus: 2 });
  const pid = await stage.up(vm);
  const place = `croft-${layout.controllerId}/${vm.id}`;
  const own = await readFile('/proc/self/cgroup', 'utf8');
  const old = /^\d+:(.*,)?cpu(,.*)?:\/$/m.test(own);
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  if (old) {
    assert.match(groups, new RegExp(`^\\d+:(.*,)?cpu(,.*)?:/${place}$`, 'm'));
    const shares = async () => (await readFile(`/sys/fs/cgroup/cpu/${place}/cpu.shares`, 'utf8')).trim();
    assert.equal(await shares(), '2048');
    assert.deepEqual(await driver.resize(withLaunch({ ...vm, cpus: 3 })), { atNextStart: [] });
    assert.equal(await shares(), '3072');
  }
  process.kill(Number((await processStatus(pid)).PPid), 'SIGKILL');
  await driver.destroy(referenceTo(vm.id));
  for (const kind of ['', 'memory/', 'cpu/']) await assert.rejects(stat(`/sys/fs/cgroup/${kind}${place}`), { code: 'ENOENT' });
});

test('SC11 CPUs come to a VM that runs, and what its guest does not give or has no place for waits', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const cpus = async () => ((await control(stage, vm.id, 'query-cpus-fast')) as unknown[]).length;
  const sizes = (count: number, memory: number) => driver.resize(withLaunch({ ...vm, cpus: count, memory: memory * mebibyte }));
  assert.deepEqual(await sizes(2, 64), { atNextStart: ['memory'] });
  assert.equal(await cpus(), 2);
  assert.deepEqual(await sizes(2, 16), { atNextStart: ['memory'] });
  assert.deepEqual(await sizes(1, 32), { atNextStart: ['cpus'] });
  assert.deepEqual(await sizes(9, 32), { atNextStart: ['cpus'] });
  assert.equal(await cpus(), 8, 'as many as it has places for');
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.pid, seen?.launchHash], ['running', pid, planHash({ ...vm, cpus: 8 })]);
});

test('SC11 a guest that does not let go of a device is said', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = { ...(await stage.launch('deaf')), volumes: [volume()] };
  await stage.up(vm);
  const id = vm.volumes[0]?.id ?? '';
  await assert.rejects(driver.detachVolume(referenceTo(vm.id), id), { code: 'command.timeout', message: /did not release/ });
  assert.equal((await stage.observed(vm.id))?.launchHash, planHash(vm));
});
