/** A slice that is applied changes its VMs while they run: real guests that get devices and lose them, and are never restarted. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { bootImage } from './boot-image.ts';
import { ClusterStage } from './cluster-stage.ts';

let stage: ClusterStage;

before(async () => {
  stage = await ClusterStage.open({ hosts: 1, stopTimes: { powerdown: 8_000, terminate: 2_000 } });
});
after(() => stage?.[Symbol.asyncDispose]());

const plain = { cpus: 1, memory: '128MiB', nics: ['lan'] };
const file = (web: object) => ({
  slice: 'shop',
  template: { image: 'micro' },
  networks: { lan: {}, back: {} },
  vms: { web: { ...plain, ...web } },
});
const wider = { nics: ['lan', 'back'], volumes: [{ name: 'data', size: '16MiB' }] };

async function apply(web: object, allowRecreate = false): Promise<void> {
  const { task } = await stage.client.slices.apply({ file: file(web) }, { allowRecreate });
  if (task !== null) await stage.done(task);
}

const lines = async (web: object) => (await stage.client.slices.plan({ file: file(web) })).lines;

test('SC11 a guest gets a NIC and a disk, which grows, and loses them again, and is not restarted for it', {
  timeout: 300_000,
}, async () => {
  await stage.deploy(file({}));
  const pid = await stage.pid('shop', 'web');
  await using shell = await stage.shell('shop', 'web');
  // While it boots, the guest's own words may come before.
  const bootId = (await shell.must('cat /proc/sys/kernel/random/boot_id')).split('\n').at(-1);
  const disks = () => shell.must('cat /sys/block/vd*/serial | tr "\\n" " "');
  const addresses = async () => (await shell.must(`ip -4 -o address show | awk '$2 ~ /^eth/ { print $4 }' | tr '\\n' ' '`)).trim();

  assert.deepEqual(await lines(wider), ['~ vm web: volumes none → data 16MiB (while it runs), nics none → eth1 back (while it runs)']);
  const since = stage.events.now;
  await apply(wider);
  await stage.addressed('shop');
  const { nics, node } = await stage.client.vms.get('shop', 'web');
  const [first, second] = nics.map(({ address }) => `${address}/24`);
  await stage.events.next('vm.addressed', { after: since, vm: 'web', says: new RegExp(`eth1 ${nics[1]?.address}`) });
  await until('the guest has the address of its new NIC', async () => (await addresses()) === `${first} ${second}` || undefined, 60_000);
  assert.match(await disks(), /\bdata\b/);
  const [disk] = (await shell.must('grep -l "^data" /sys/block/vd*/serial')).split('/serial');
  await shell.must(`echo kept >/dev/${disk?.split('/').at(-1)}`);

  await apply({ ...wider, volumes: [{ name: 'data', size: '32MiB' }] });
  assert.equal(await shell.must(`cat ${disk}/size`), String((32 * 1024 * 1024) / 512));
  assert.equal(await shell.must(`head -c 4 /dev/${disk?.split('/').at(-1)}`), 'kept');

  assert.equal((await stage.labelled(node, 'port:')).length, 2);
  await assert.rejects(apply({}), { code: 'conflict.confirm', message: /lose their data: web \(data 32MiB\)/ });
  await apply({}, true);
  assert.equal(await addresses(), first);
  assert.doesNotMatch(await disks(), /\bdata\b/);
  await until('the port of the NIC is gone', async () => (await stage.labelled(node, 'port:')).length === 1 || undefined);
  assert.equal(await stage.on(node, 'find /var/lib/croft -name "volume-*"'), '');

  assert.equal(await shell.must('cat /proc/sys/kernel/random/boot_id'), bootId);
  assert.equal(await stage.pid('shop', 'web'), pid);
});

test('SC11 a guest is offered other sizes; what it does not take waits for the next start, which is said and not forced', {
  timeout: 300_000,
}, async () => {
  await stage.deploy(file({}));
  const { node } = await stage.client.vms.get('shop', 'web');
  const pid = await stage.pid('shop', 'web');
  const since = stage.events.now;
  const more = { cpus: 2, memory: '160MiB' };
  const offered = '(while it runs if its guest allows it, else at its next start)';
  assert.deepEqual(await lines(more), [`~ vm web: cpus 1 → 2 ${offered}, memory 128MiB → 160MiB ${offered}`]);
  await apply(more);
  const waiting = await stage.client.vms.get('shop', 'web');
  // Whether a CPU comes to an emulated guest depends on how much QEMU has translated for it so far.
  assert.match(waiting.reason ?? '', /^its next start brings (CPUs 1 → 2, )?memory 128MiB → 160MiB \(`croft vm restart` does that now\)$/);
  assert.equal((await stage.events.next('vm.waiting', { after: since, vm: 'web' })).message, waiting.reason);
  assert.equal(await stage.pid('shop', 'web'), pid);
  await stage.restartController();
  await stage.nodeIs(node ?? '', 'ready');
  assert.equal(await stage.pid('shop', 'web'), pid);

  await stage.done(await stage.client.vms.restart('shop', 'web'));
  await stage.addressed('shop');
  assert.equal((await stage.client.vms.get('shop', 'web')).reason, null);
  await using shell = await stage.shell('shop', 'web');
  // What the guest says by itself may come in between.
  assert.match(await shell.must('nproc'), /^2$/m);

  const restarted = await stage.pid('shop', 'web');
  const promised = async () => (await stage.client.nodes.get(node ?? '')).promised.memory;
  const before = await promised();
  await apply({ ...more, memory: '112MiB' });
  assert.equal((await stage.client.vms.get('shop', 'web')).reason, null);
  await shell.must(
    'test "$(awk \'$1 == "balloon_inflate" { n += $2 } $1 == "balloon_deflate" { n -= $2 } END { print n * 4 }\' /proc/vmstat)" -ge 45056',
  );
  assert.deepEqual([await stage.pid('shop', 'web'), await promised()], [restarted, before], 'the guest may take its memory again');
  await stage.done(await stage.client.vms.restart('shop', 'web'));
  await until('its memory is free', async () => (await promised()) === before - 48 * 2 ** 20 || undefined);
});

test('SC11 a guest that does not let go of a device keeps it, which is said, until its VM is restarted; all else comes meanwhile', {
  timeout: 300_000,
}, async () => {
  await stage.client.images.add('deaf', Readable.from([bootImage('deaf').content]));
  const slice = (one: object) => ({
    slice: 'mute',
    networks: { lan: {} },
    vms: { one: { image: 'deaf', cpus: 1, memory: '32MiB', ...one } },
  });
  const applied = await stage.client.slices.apply({ file: slice({ nics: [], disk: '4MiB', volumes: [{ name: 'data', size: '16MiB' }] }) });
  if (applied.task !== null) await stage.done(applied.task);
  const pid = await stage.pid('mute', 'one');
  const since = stage.events.now;
  const changed = slice({ nics: ['lan'], disk: '8MiB', volumes: [{ name: 'more', size: '16MiB' }] });
  const { task } = await stage.client.slices.apply({ file: changed }, { allowRecreate: true });
  const vm = () => stage.client.vms.get('mute', 'one');
  const words = /^the volume data: .*did not release the device/;
  await until('it is said', async () => words.test((await vm()).reason ?? '') || undefined, 90_000);
  assert.deepEqual([(await vm()).state, await stage.pid('mute', 'one')], ['running', pid]);
  assert.equal((await stage.client.tasks.get(task?.id ?? '')).state, 'running');
  const says = /1 volume came, 1 NIC came, its sizes were changed; not all/;
  await stage.events.next('vm.changed', { after: since, vm: 'one', says });
  const { id, node } = await vm();
  assert.equal((await stage.labelled(node, `port:${id}:`)).length, 1);
  await stage.done(await stage.client.vms.restart('mute', 'one'));
  assert.equal((await vm()).reason, null);
  const volumes = await stage.on(node, 'find /var/lib/croft -path "*$1*" -name "volume-*"', id);
  assert.equal(volumes.trim().split('\n').length, 1);
});

test('SC11 a VM of which it cannot be read what it runs from says so and runs on, and the others on its node are changed', {
  timeout: 300_000,
}, async () => {
  const two = (memory: number) => ({
    slice: 'pair',
    template: { image: 'micro', memory: `${memory}MiB`, cpus: 1 },
    networks: { lan: {} },
    vms: { broken: { nics: ['lan'] }, well: { nics: ['lan'] } },
  });
  await stage.deploy(two(128));
  const vm = (name: string) => stage.client.vms.get('pair', name);
  const { id, node } = await vm('broken');
  const pids = await Promise.all(['broken', 'well'].map((name) => stage.pid('pair', name)));
  // Reading its first bytes is an input/output error.
  await stage.on(node, 'cd "$(find /var/lib/croft -path "*/vms/$1")" && ln -sf /proc/self/mem started', id);
  await stage.client.slices.apply({ file: two(160) });
  const reasonOf = async (name: string, words: RegExp) =>
    await until(`the reason of ${name}`, async () => words.test((await vm(name)).reason ?? '') || undefined, 30_000);
  await reasonOf('well', /memory 128MiB → 160MiB/);
  await reasonOf('broken', /cannot be read.*Input\/output error.*Stop the VM and start it/);
  assert.equal((await stage.client.nodes.get(node ?? '')).status, 'ready');
  assert.deepEqual(await Promise.all(['broken', 'well'].map((name) => stage.pid('pair', name))), pids);
  await stage.done(await stage.client.vms.stop('pair', 'broken'));
  await stage.done(await stage.client.vms.start('pair', 'broken'));
  assert.equal((await vm('broken')).reason, null);
});
