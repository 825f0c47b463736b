import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import { makeClientKey } from '../lab/login.ts';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';

let stage: ClusterStage;
let nodes: NodeConfigInput[];

/** lab1 and lab2 are adopted as the tests need them; lab3 never is. */
before(async () => {
  stage = await ClusterStage.open({ hosts: 3, adopt: false });
  nodes = await stage.nodes();
});
after(() => stage?.[Symbol.asyncDispose]());

/** The lab's host as a node, with another login. */
function nodeOf(
  name: string,
  ssh: Partial<NonNullable<NodeConfigInput['ssh']>> = {},
): NodeConfigInput & { ssh: NonNullable<NodeConfigInput['ssh']> } {
  const node = nodes.find((one) => one.name === name);
  assert.ok(node?.ssh);
  return { ...node, ssh: { ...node.ssh, ...ssh } };
}

const errorWith =
  (code: string, ...patterns: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, code, error.message);
    const words = `${error.message} ${'hint' in error ? error.hint : ''}`;
    for (const pattern of patterns) assert.match(words, pattern);
    return true;
  };

async function isUntouched(host: string): Promise<void> {
  assert.deepEqual(await stage.client.nodes.list(), []);
  const { files, ports } = await stage.lab.snapshot(stage.host(host));
  assert.deepEqual([ports, files.filter((file) => file.includes(stage.controllerId))], [[], []]);
}

test('CR1 a login with a key that the host does not know is refused', async () => {
  const keyFile = await makeClientKey(`${stage.lab.folder}/internet`);
  await assert.rejects(stage.client.nodes.add(nodeOf('lab3', { keyFile })), errorWith('node.auth', /lab3/, /root/));
  await isUntouched('lab3');
});

test('CR1 a login without root privileges is refused with what to do', async () => {
  await stage.on('lab3', "printf 'root ALL=(ALL) ALL\\n' >/run/lab/without && mount --bind /run/lab/without /etc/sudoers");
  await assert.rejects(stage.client.nodes.add(nodeOf('lab3', { user: 'operator' })), errorWith('node.sudo', /lab3/, /operator/, /sudo/));
  await stage.on('lab3', 'umount /etc/sudoers');
  await isUntouched('lab3');
});

test('CR1 a host that shows another key than the one given is refused with both', async () => {
  const other = stage.host('lab2').hostKey;
  const refused = errorWith('node.host-key', new RegExp(escaped(other)), new RegExp(escaped(stage.host('lab3').hostKey)));
  await assert.rejects(stage.client.nodes.add(nodeOf('lab3', { hostKey: other })), refused);
  await isUntouched('lab3');
});

test('CR1 a host that is down is refused', async () => {
  await stage.host('lab3').kill();
  await assert.rejects(stage.client.nodes.add(nodeOf('lab3')), errorWith('node.unreachable', /lab3/));
  assert.deepEqual(await stage.client.nodes.list(), []);
});

test('CR1 CR2 a node without a running Open vSwitch is unfit, the doctor names it, and mending makes it ready', async () => {
  const daemon = 'cat /proc/$(cat /run/openvswitch/ovs-vswitchd.pid)/cmdline';
  assert.match(await stage.on('lab1', daemon), /ovs-vswitchd/);
  await stage.on('lab1', 'kill -KILL $(cat /run/openvswitch/ovs-vswitchd.pid)');
  await stage.client.nodes.add(nodeOf('lab1'));
  await stage.nodeIs('lab1', 'unfit');
  const { reason } = await stage.client.nodes.get('lab1');
  assert.match(reason ?? '', /lab1 lacks a running ovs-vswitchd .*croft node doctor lab1/);
  const [report] = (await stage.client.nodes.doctor('lab1')).nodes;
  const wrong = report?.checks.filter(({ ok }) => !ok) ?? [];
  assert.deepEqual(
    wrong.map(({ name }) => name),
    ['ovs-vswitchd'],
  );
  assert.ok(wrong[0]?.fix);
  await stage.on('lab1', 'ovs-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:off');
  await stage.nodeIs('lab1', 'ready');
});

/** `size` MiB, so that the image fits and disks that grow do not; more than that may be promised of it. */
async function adoptWithSmallDisk(name: string, size: number): Promise<void> {
  await stage.on(name, 'mkdir -p /var/lib/croft/node && mount -t tmpfs -o mode=755,size="$1"m tmpfs /var/lib/croft/node', String(size));
  await stage.client.nodes.add({ ...nodeOf(name), overcommit: { disk: 64 } });
  await stage.nodeIs(name, 'ready');
}

const template = { image: 'micro', cpus: 1, memory: '128MiB', nics: ['lan'] };

test('CR6 SC9 where a node’s disk is full its VMs fail by name and path, others run, and with space the failed ones run too', async () => {
  await adoptWithSmallDisk('lab2', 12);
  const vms = { one: { placement: { node: 'lab1' } }, two: { placement: { node: 'lab2' } } };
  const { task } = await stage.client.slices.apply({ file: { slice: 'full', template, networks: { lan: {} }, vms } });
  assert.ok(task);
  const failed = await stage.events.next('vm.failed', { after: 0, slice: 'full', node: 'lab2' });
  assert.match(failed.message, /lab2/);
  assert.match(failed.message, /\/var\/lib\/croft\/node/);
  assert.match(failed.message, /full|No space left/i);
  const poor = await stage.client.vms.get('full', 'two');
  assert.match(poor.reason ?? '', /full|No space left/i);
  await stage.events.next('vm.running', { after: 0, slice: 'full', vm: 'one' });
  assert.equal((await stage.client.tasks.get(task.id)).state, 'running', 'the deployment goes on trying');
  assert.equal((await stage.on('lab2', 'find /var/lib/croft/node -name "*.partial*"')).trim(), '', 'no part of the image is left');

  await stage.on('lab2', 'mount -o remount,size=400m /var/lib/croft/node');
  await stage.events.next('vm.running', { after: failed.sequence, slice: 'full', vm: 'two' });
  await stage.done(task);
  const { vms: running } = await stage.addressed('full');
  assert.ok(running.every(({ reason, state }) => reason === null && state === 'running'));
});

test('CR6 a guest that fills the disk of its node is paused and says so, and resumes once there is room', async () => {
  const resize = (room: string) =>
    stage.on(
      'lab2',
      'mount -o remount,size="$(($(df -Pm "$1" | tail -n 1 | tr -s " " | cut -d " " -f 3) + $2))m" "$1"',
      '/var/lib/croft/node',
      room,
    );
  const vms = { a: { placement: { node: 'lab2' } } };
  await stage.deploy({ slice: 'brim', template: { ...template, disk: '512MiB' }, networks: { lan: {} }, vms });
  await using shell = await stage.shell('brim', 'a');
  await resize('20');
  // No job of that shell, which was seen to end with its input where a job of it ended amid a typed line.
  await shell.must(
    '( { dd if=/dev/urandom of=/dev/vda bs=1M seek=60 count=60 conv=fsync 2>/tmp/said; echo done >/tmp/written; } >/dev/null 2>&1 & )',
  );
  const state = async () => (await stage.client.vms.get('brim', 'a')).state;
  await until('it is held still', async () => (await state()) === 'paused' || undefined, 60_000);
  assert.match((await stage.client.vms.get('brim', 'a')).reason ?? '', /is paused: the disk of its node is full/);
  await resize('200');
  await until('it goes on', async () => (await state()) === 'running' || undefined, 90_000);
  await until(
    'its guest has written all',
    async () => (await shell.must('cat /tmp/written 2>/dev/null; true')).endsWith('done') || undefined,
    60_000,
  );
  await stage.remove('brim');
});

test('CR4 a VM that fits nowhere stays pending and says why', async () => {
  const { task } = await stage.client.slices.apply({
    file: { slice: 'huge', template, networks: { lan: {} }, vms: { big: { memory: '2TiB' }, fine: {} } },
  });
  assert.ok(task);
  const pending = await stage.events.next('vm.pending', { after: 0, slice: 'huge', vm: 'big' });
  assert.match(pending.message, /is larger than any node: needs 2048 GiB of memory, and the most that one has is /);
  await stage.events.next('vm.running', { after: 0, slice: 'huge', vm: 'fine' });
  const { node, reason } = await stage.client.vms.get('huge', 'big');
  assert.equal(node, null);
  assert.match(reason ?? '', /needs 2048 GiB/);
  assert.equal((await stage.client.tasks.get(task.id)).state, 'running');
  await stage.remove('huge');
});

test('CR6 an interface that has a VM’s name and is not Croft’s fails that VM, and is left alone', async () => {
  const view = await stage.client.vms.get('full', 'one');
  const tap = await stage.tap(view);
  await stage.done(await stage.client.vms.stop('full', 'one'));
  await until('its interface is gone', async () => {
    const { code } = await stage.host(view.node ?? '').exec(['ip', 'link', 'show', tap]);
    return code !== 0 || undefined;
  });
  await stage.on(view.node, 'ip link add "$1" type bridge && ip link set "$1" alias precious', tap);
  const since = stage.events.now;
  const task = await stage.client.vms.start('full', 'one');
  const failed = await stage.events.next('vm.failed', { after: since, slice: 'full', vm: 'one' });
  assert.match(failed.message, new RegExp(`${tap} exists already and does not belong to this controller`));
  assert.match((await stage.client.vms.get('full', 'one')).reason ?? '', new RegExp(tap));
  assert.match(await stage.on(view.node, 'ip -details link show "$1"', tap), /bridge.*alias precious/s);
  assert.equal((await stage.client.vms.get('full', 'two')).state, 'running');

  await stage.on(view.node, 'ip link delete "$1"', tap);
  await stage.done(task);
  await stage.addressed('full');
});

test('CR5 CR17 a stranger that holds a router’s port is named by its process, left alone, and the router is completed after it', async () => {
  const { id, router } = await stage.client.slices.get('full');
  const node = router?.node ?? null;
  const since = stage.events.now;
  const inside = `ip netns exec "croft-${stage.controllerId}-${id}"`;
  const start = `${inside} dnsmasq --port=53 --no-resolv --no-hosts --bind-interfaces --conf-file=/dev/null --pid-file=/run/stranger.pid`;
  await stage.on(node, `kill -KILL $(cat "$1"/routers/*/*/pid); until ${start}; do :; done 2>/dev/null`, stage.runFolder);
  const pid = (await stage.on(node, 'cat /run/stranger.pid')).trim();
  const failed = await stage.events.next('router.failed', { after: since, slice: 'full' });
  assert.match(failed.message, new RegExp(`process ${pid} \\(dnsmasq\\) holds .*port 53.*kill ${pid}`));
  await stage.on(node, 'kill -0 "$1"', pid);
  await stage.on(node, 'kill "$1"', pid);
  await stage.events.next('router.done', { after: failed.sequence, slice: 'full' });
  await until('both guests have each other’s names again', async () => {
    await using shell = await stage.shell('full', 'one');
    return (await shell.reaches('two')) || undefined;
  });
});

test('CR1 a host whose key changes is worked on no more, and its VMs go on', async () => {
  const { hostKey } = stage.host('lab1');
  const pid = await until('a VM of lab1', async () => (await stage.client.vms.list({ node: 'lab1' }))[0]);
  const first = await stage.pid(pid.slice, pid.name);
  const folder = `${stage.lab.folder}/lab1`;
  const replace = 'ssh-keygen -q -t ed25519 -N "" -f /run/lab/new_key && cp /run/lab/new_key "$1"/ssh_host_ed25519_key';
  await stage.on('lab1', `${replace} && kill -HUP $(cat /run/lab/sshd.pid)`, folder);
  // Only a new login shows the new key.
  await stage.host('lab1').cut();
  await stage.nodeIs('lab1', 'unreachable');
  await stage.host('lab1').join();
  await until(
    'the node tells of its key',
    async () => /key/.test((await stage.client.nodes.get('lab1')).reason ?? '') || undefined,
    60_000,
  );
  const { reason, status } = await stage.client.nodes.get('lab1');
  assert.match(reason ?? '', new RegExp(escaped(hostKey)), 'the pinned one is shown');
  assert.equal(status, 'unreachable');
  assert.equal(Number(await stage.on('lab1', 'cat "$1"', `${stage.runFolder}/vms/${pid.id}/pid`)), first, 'its VM goes on');
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
