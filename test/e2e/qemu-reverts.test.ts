/** What a VM of the QEMU driver is put back to: memory with its snapshot, and what of it was cut off. */
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import type { Host } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { sealFile } from '../contract/hypervisor-stage.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { alive, control, openStage, tcgAbilities, volume } from './qemu-stage.ts';

test('SC11 memory comes back with its snapshot, whether the VM runs or not', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  /** The BIOS counts them in its guest's memory, 18 a second. */
  const ticks = async () => {
    const words = await control(stage, vm.id, 'human-monitor-command', { 'command-line': 'xp /1dw 0x46c' });
    return Number(String(words).split(':')[1]);
  };
  await stage.shows(vm.id, bootBanner);
  await driver.pause(referenceTo(vm.id));
  const then = await ticks();
  await driver.snapshot(withLaunch(vm), 'm', true);
  assert.equal((await stage.observed(vm.id))?.state, 'paused', 'it is as it was before');
  await driver.resume(referenceTo(vm.id));
  const later = then + 150;
  await untilTrue(async () => (await ticks()) > later, 100);
  await driver.revert(withLaunch(vm), 'm');
  assert.deepEqual(((seen) => [seen?.state, seen?.pid])(await stage.observed(vm.id)), ['running', pid]);
  const back = await ticks();
  assert.ok(back >= then && back < later, `${then}, ${later}, ${back}`);
  await driver.kill(referenceTo(vm.id));
  await driver.revert(withLaunch(vm), 'm');
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.launchHash], ['running', planHash(vm)]);
  assert.ok((await ticks()) >= then);
});

test('SC11 memory that its node cannot resume is refused, and no half restored VM runs', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  const kept = `${vmFolders(layout, vm.id).state}/machine.croft-m`;
  const revert = () => driver.revert(withLaunch(vm), 'm');
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await driver.kill(referenceTo(vm.id));
  const { version, value } = JSON.parse(await readFile(kept, 'utf8'));
  const become = (changes: object) =>
    writeFile(kept, JSON.stringify({ version, value: { ...value, machine: { ...value.machine, ...changes } } }));
  await become({ qemu: '5.2', accelerator: 'kvm' });
  await assert.rejects(revert(), { code: 'conflict.changed', message: /QEMU 5\.2, now \d+\.\d+; accelerator kvm, now tcg/ });
  await become({ memory: 2 * vm.memory });
  await assert.rejects(revert(), { code: 'conflict.changed', message: /memory 64MiB when it was started, now 32MiB/ });
  await writeFile(kept, 'broken');
  await assert.rejects(revert(), { code: 'command.failed', message: /taken of cannot be read/ });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');

  await become({ places: { ...value.machine.places, random: 20 } });
  await assert.rejects(revert(), { code: 'command.failed', message: /QEMU refused/ });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');
  await stage.up(vm);
  await driver.removeSnapshot(withLaunch(vm), 'm');
  await assert.rejects(stat(kept), { code: 'ENOENT' });
});

test('SC11 a VM that is half put back is not started, moves as such, and is whole before it runs on the other node', {
  timeout: 120_000,
}, async () => {
  await using stage = await openStage();
  await using other = await openStage();
  const { driver, layout } = stage;
  const vm = { ...(await stage.launch()), volumes: [volume()] };
  await other.launch();
  await driver.prepare(withLaunch(vm, 's/a'));
  await driver.snapshot(withLaunch(vm), 'one', false);
  {
    await using _ = await sealFile(vmFolders(layout, vm.id).disk);
    await assert.rejects(driver.revert(withLaunch(vm), 'one'), { code: 'command.failed', node: 'here' });
  }
  await assert.rejects(driver.start(withLaunch(vm, 's/a')), {
    code: 'vm.launch',
    message: /half put back to its snapshot one/,
  });
  const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
  await driver.transfer(withLaunch(vm, 's/a'), other, options);
  const mark = `${vmFolders(other.layout, vm.id).state}/reverting`;
  assert.equal((await stat(mark)).uid, 0);
  await assert.rejects(other.driver.start(withLaunch(vm, 's/a')), { message: /half put back/ });
  await other.up(vm);
  await assert.rejects(stat(mark), { code: 'ENOENT' });
});

test('SC11 a QEMU that was cut off while it loaded memory is seen, ended without a word to its guest, and started whole', {
  timeout: 120_000,
}, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  const mark = `${vmFolders(layout, vm.id).state}/reverting`;
  const pid = await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await control(stage, vm.id, 'stop');
  await writeFile(mark, 'croft-m\n');
  assert.equal((await stage.observed(vm.id))?.cutOff, true);
  assert.notEqual(await driver.stop(referenceTo(vm.id), { powerdown: 60_000, terminate: 500 }), 'not-running');
  assert.ok(!alive(pid));
  await stage.up(vm);
  await assert.rejects(stat(mark), { code: 'ENOENT' });
});

test('SC11 a VM that was started to get its memory, and was interrupted before, is seen to be paused and resumes', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const { driver, host, layout } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await driver.kill(referenceTo(vm.id));
  let lost = false;
  const way = <T>(work: () => Promise<T>): Promise<T> =>
    lost ? Promise.reject(new CroftError('node.unreachable', 'the way is lost', { node: 'here' })) : work();
  const cut: Host = {
    ...{ name: host.name, close: () => host.close(), end: () => host.end() },
    ...{ login: () => way(() => host.login()), spawn: (command) => way(() => host.spawn(command)) },
    connect: (path) => way(() => host.connect(path)),
    batch: (commands) =>
      way(async () => {
        const results = await host.batch(commands);
        lost = commands.some(({ argv }) => argv[3] === 'croft-start');
        return results;
      }),
  };
  await assert.rejects(stage.hypervisor.on({ host: cut, layout, abilities: tcgAbilities }).revert(withLaunch(vm), 'm'), {
    code: 'node.unreachable',
  });
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.cutOff], ['paused', undefined]);
  await driver.resume(referenceTo(vm.id));
  assert.equal((await stage.observed(vm.id))?.state, 'running');
  assert.equal(((await control(stage, vm.id, 'query-status')) as { status: string }).status, 'running');
});
