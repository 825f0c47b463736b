/**
 * One controller, a host with plain QEMU, one with libvirt and one that passes for illumos: the same commands do the same on each
 * as far as it can, and each fails alone.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import type { Outcome } from '../support/fake-environment.ts';
import { until } from '../support/until.ts';
import type { ClusterStage } from './cluster-stage.ts';
import { croft, croftUntil } from './croft-command.ts';
import { greets, live, mixed, template } from './mixed-cluster-life.ts';
import { MixedCluster } from './mixed-cluster-stage.ts';
import type { LibvirtDaemon } from './private-libvirt.ts';

let cluster: MixedCluster;
let stage: ClusterStage;
let libvirt: LibvirtDaemon;
/** The node with zones, which comes later. */
let zones: NodeConfigInput;
const must = (words: string, input?: string): Promise<Outcome> => cluster.must(words, input);

before(async () => {
  cluster = await MixedCluster.open();
  ({ stage, libvirt, zones } = cluster);
});
after(() => cluster?.[Symbol.asyncDispose]());

test('SC11 nodes of a mixed cluster say what they run VMs on, and what that can do', async () => {
  const listed = (await must('node ls')).stdout;
  assert.match(listed, /^lab1 .* qemu /m);
  assert.match(listed, /^lab2 .* libvirt /m);
  for (const [name, hypervisor] of [
    ['lab1', /^hypervisor +qemu \d+\.\d/m],
    ['lab2', /^hypervisor +libvirt \d+\.\d/m],
  ] as const) {
    const { stdout } = await must(`node show ${name}`);
    assert.match(stdout, hypervisor);
    assert.match(stdout, /^can +pause, reboot, snapshot, memory-snapshot, .*, vnc, events, guest-agent, console-log, move$/m);
    assert.match(stdout, /^limits +\S/m);
  }
  const { stdout } = await must('doctor');
  assert.match(stdout, /^lab1 +hypervisor +ok +qemu \d/m);
  assert.match(stdout, /^lab2 +hypervisor +ok +libvirt \d/m);
});

test('SC11 a slice has a VM on each kind of node, as their images ask, and the two reach each other', async () => {
  const { vms: deployed } = await stage.deploy(mixed);
  assert.deepEqual(Object.fromEntries(deployed.map(({ name, node }) => [name, node])), { plain: 'lab1', domain: 'lab2' });
  const { id } = await stage.client.vms.get('mixed', 'domain');
  assert.equal((await libvirt.virsh('list', '--name')).trim(), id);
  for (const [name, other] of [
    ['plain', 'domain'],
    ['domain', 'plain'],
  ] as const) {
    await using shell = await stage.shell('mixed', name);
    await shell.comesToReach(other);
  }
});

test('SC11 an image whose hypervisor no node has waits, and says so', async () => {
  await must(
    'slice apply -f -',
    stringify({ slice: 'odd', template, networks: { lan: {} }, vms: { a: { image: 'for-zones', nics: ['lan'] } } }),
  );
  const reason = /lab1, lab2: without the hypervisor zones/;
  await until('it waits', async () => reason.test((await stage.client.vms.get('odd', 'a')).reason ?? '') || undefined);
  assert.match((await must('vm ls --slice odd')).stdout, /^odd\/a +pending .*without the hypervisor zones/m);
});

test('SC11 console, screen, pause, snapshots, stop, start and restart are the same on plain QEMU as on any other', () =>
  live(cluster, 'plain'));
test('SC11 console, screen, pause, snapshots, stop, start and restart are the same on libvirt as on any other', () =>
  live(cluster, 'domain'));

test('SC11 a VM does not leave for a node with another hypervisor, and says so', async () => {
  const drained = (await must('node drain lab2')).stdout;
  assert.match(drained, /mixed\/domain stays: no other node fits: lab1: without the hypervisor libvirt/);
  await must('node resume lab2');
  await stage.addressed('mixed');
});

test('SC11 a libvirt that hangs makes the VMs of its node wait, and nothing else; they are as before once libvirt resumes', async () => {
  const { id } = await stage.client.vms.get('mixed', 'domain');
  const processOf = () => stage.on('lab2', 'pgrep -f -- "-name guest=$1"', id);
  const before = await processOf();
  await libvirt.signal('STOP');
  try {
    await must('slice apply -f - --wait', stringify({ slice: 'during', template, vms: { a: { placement: { node: 'lab1' } } } }));
    await stage.nodeIs('lab2', 'unreachable');
    assert.match((await must('node show lab2')).stdout, /^reason .*libvirt on .* does not answer/m);
    await until('its VM is unknown', async () => (await stage.client.vms.get('mixed', 'domain')).state === 'unknown' || undefined);
    const paused = await croft(stage.client, ['vm', 'pause', 'mixed/domain']);
    assert.equal(paused.code, 5);
    assert.match(paused.stderr, /cannot be asked: node lab2 is unreachable/);
    await croftUntil(
      stage.client,
      ['vm', 'console', 'mixed/domain'],
      (seen) => seen.includes('I am domain.'),
      'echo "I am $(hostname)."\n',
    );

    const { task } = await stage.client.slices.apply({ file: { slice: 'later', template, vms: { a: { image: 'for-libvirt' } } } });
    await until('one for libvirt waits', async () => {
      return /lab2: unreachable \(.*libvirt/.test((await stage.client.vms.get('later', 'a')).reason ?? '') || undefined;
    });
    // With a network, whose router the node that is well has.
    await must('slice apply -f - --wait', stringify({ slice: 'beside', template, networks: { lan: {} }, vms: { a: { nics: ['lan'] } } }));
    const { vms, router } = await stage.addressed('beside');
    assert.deepEqual([vms[0]?.node, router?.node], ['lab1', 'lab1']);

    await libvirt.signal('CONT');
    await stage.nodeIs('lab2', 'ready');
    assert.ok(task);
    await stage.done(task);
  } finally {
    await libvirt.signal('CONT');
  }
  await stage.addressed('mixed');
  assert.equal(await processOf(), before);
  for (const slice of ['during', 'beside', 'later']) await must(`slice rm ${slice} --wait`);
});

test('SC11 a libvirt that is stopped is named with what to do, and its VMs run on', async () => {
  const { id } = await stage.client.vms.get('mixed', 'domain');
  await libvirt.signal('KILL');
  try {
    await stage.nodeIs('lab2', 'unfit');
    assert.match((await must('node show lab2')).stdout, /^reason .*libvirt .*cannot be (reached|used)/m);
    const examined = await croft(stage.client, ['node', 'doctor', 'lab2']);
    assert.equal(examined.code, 1);
    assert.match(examined.stdout, /^lab2 +hypervisor +missing +libvirt cannot be used: /m);
    assert.match(examined.stdout, /^ {2}lab2: hypervisor: systemctl enable --now libvirtd$/m);
    await stage.on('lab2', 'pgrep -f -- "-name guest=$1"', id);
  } finally {
    await must('node doctor lab2 --fix');
  }
  await stage.nodeIs('lab2', 'ready');
  await stage.addressed('mixed');
});

test('SC11 a domain of somebody else with the name of a VM is left alone, and the VM says why it does not start', async () => {
  const { id } = await stage.client.vms.get('mixed', 'domain');
  await must('vm stop mixed/domain --wait');
  // As if somebody had put one of theirs in its place.
  await libvirt.virsh('undefine', id);
  const domain = `<domain type="qemu"><name>${id}</name><memory>8192</memory><os><type arch="x86_64">hvm</type></os></domain>`;
  await stage.on('lab2', 'printf %s "$1" | virsh -q -c qemu:///system define /dev/stdin', domain);
  const definition = await libvirt.virsh('dumpxml', id);
  await must('vm start mixed/domain');
  await until('it says so', async () => {
    return /that is not this controller's/.test((await stage.client.vms.get('mixed', 'domain')).reason ?? '') || undefined;
  });
  await must('slice rm mixed --wait');
  assert.equal(await libvirt.virsh('dumpxml', id), definition);
  assert.equal((await libvirt.virsh('domstate', id)).trim(), 'shut off');
  await libvirt.virsh('undefine', id);
});

test('SC11 a node with zones cannot have routers, which is said when it is added, and needs nothing that Linux nodes do', async () => {
  const refused = await croft(stage.client, ['node', 'add', '-f', '-'], stringify([{ ...zones, roles: ['compute', 'network'] }]));
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /node lab3 has zones and cannot have the role network: .*\n.*--roles compute/);
  await must('node add -f -', stringify([zones]));
  await stage.nodeIs('lab3', 'ready');
  const shown = (await must('node show lab3')).stdout;
  assert.match(shown, /^cannot +pause, memory-snapshot, .*guest-agent, console-log, move$/m);
  assert.match(shown, /^accelerator +bhyve: /m);
  const { stdout } = await must('node doctor lab3');
  assert.deepEqual(
    stdout.match(/^lab3 +\S+/gm)?.map((line) => line.replace(/^lab3 +/, '')),
    ['login', 'python3', 'coreutils', 'zstd', 'ssh', 'disk', 'hypervisor', 'limits', 'qemu-img', 'firmware', 'acceleration'],
  );
});

test('SC11 what waits for a hypervisor runs once a node has it, and what that cannot do is refused at once', async () => {
  const { now } = stage.events;
  const state = async () => (await stage.client.vms.get('odd', 'a')).state;
  await until('it runs', async () => (await state()) === 'running' || undefined, 60_000);
  for (const words of ['vm pause odd/a', 'vm resume odd/a', 'vm snapshot odd/a one --memory', 'vm guest odd/a']) {
    const { code, stderr } = await croft(stage.client, words.split(' '));
    assert.equal(code, 4, words);
    assert.match(stderr, /^croft: the hypervisor zones of node lab3 cannot do this: /, words);
  }
  await assert.rejects(stage.client.vms.pause('odd', 'a'), { code: 'unsupported', status: 422 });
  await assert.rejects(stage.client.vms.consoleLog('odd', 'a'), { code: 'unsupported', status: 422 });
  assert.deepEqual(
    [await state(), stage.events.all.some(({ kind, sequence }) => kind === 'vm.pause' && sequence > now)],
    ['running', false],
  );

  const [nic] = (await stage.client.vms.get('odd', 'a')).nics;
  const [segment] = (await stage.client.slices.get('odd')).networks.map((network) => network.segment);
  const { uplink } = zones;
  const escaped = nic?.mac
    .toLowerCase()
    .replaceAll(/\b0(?=[0-9a-f])/g, '')
    .replaceAll(':', '\\:');
  const [link = '', ...rest] = (await cluster.links()).split(/(?<!\\):/);
  assert.match(link, new RegExp(`^ct_${stage.controllerId}_[a-z2-7]{16}_0$`));
  assert.deepEqual([rest[0], rest[1], Number(rest[2])], [uplink, escaped, segment]);
  const properties = await stage.on('lab3', 'dladm show-linkprop -c -o link,property,value -p protection,allowed-ips');
  assert.match(properties, new RegExp(`^${link}:protection:mac-nospoof,restricted,ip-nospoof,dhcp-nospoof$`, 'm'));
  assert.match(properties, new RegExp(`^${link}:allowed-ips:$`, 'm'));

  await croftUntil(stage.client, ['vm', 'console', 'odd/a'], (seen) => seen.includes('hello there'), 'hello there\n');
  await croftUntil(stage.client, ['vm', 'console', 'odd/a'], (seen) => seen.includes('once more'), 'once more\n');
  await croftUntil(stage.client, ['vm', 'vnc', 'odd/a', '--port', '0'], greets);
  await must('vm snapshot odd/a one');
  await must('vm revert odd/a one --yes');
  await must('vm snapshot-rm odd/a one');
  await must('vm stop odd/a --wait');
  await must('vm start odd/a --wait');
  assert.equal(await state(), 'running');
  assert.match((await must('node drain lab3')).stdout, /odd\/a stays: its hypervisor zones moves no VM/);
  await must('node resume lab3');
});

test('SC11 an impaired network is refused where links are those of zones, what is there runs on, and no other VM is put there', async () => {
  const file = (slice: string, impair?: object) =>
    stringify({
      slice,
      template,
      networks: { lan: { ...(impair && { impair }) } },
      vms: { a: { image: 'for-zones', nics: ['lan'] } },
    });
  const before = await cluster.links();
  const { now } = stage.events;
  await must('slice apply -f -', file('odd', { delay: '20ms' }));
  const { message } = await stage.events.next('node.failed', { after: now, node: 'lab3' });
  assert.match(message, /impaired \(delay 20ms\).* cannot do that/);
  await must('slice apply -f -', file('late', { delay: '20ms' }));
  const pending = await stage.events.next('vm.pending', { after: now, slice: 'late' });
  assert.match(pending.message, /lab3: that cannot impair networks \(zones\)/);
  await must('slice rm late --wait');
  assert.equal(await cluster.links(), before);
  await must('slice apply -f - --wait', file('odd'));
  assert.equal((await stage.client.vms.get('odd', 'a')).state, 'running');
});

test('SC11 a node with zones takes images from other nodes and passes them on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-mixed-'));
  try {
    for (const [name, first] of [
      ['theirs', 'lab3'],
      ['ours', 'lab1'],
    ] as const) {
      const file = join(folder, name);
      await writeFile(file, Buffer.concat([randomBytes(2 ** 20), Buffer.alloc(2 ** 20)]));
      await must(`image import ${name} ${file}`);
      await must(`image keep ${name} node:${first}`);
      await cluster.arrives(name, [first]);
      await must(`image keep ${name} all`);
      await cluster.arrives(name, ['lab1', 'lab2', 'lab3']);
      assert.notEqual(await stage.on(first, 'cat "$1/serve-image"', cluster.stateFolderOf(first)), '');
      await must(`image rm ${name}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  await must('image gc');
});

test('SC11 of a VM in a zone nothing is left once its slice is removed', async () => {
  await must('slice rm odd --wait');
  assert.equal((await stage.on('lab3', 'zoneadm list -c')).trim(), 'global');
  assert.equal(await cluster.links(), '');
});

test('SC11 nothing of any slice is left on any node, nor of Croft once the nodes are removed', async () => {
  assert.equal((await libvirt.virsh('list', '--all', '--name')).trim(), '');
  for (const { name } of stage.lab.hosts) {
    const snapshot = await stage.lab.snapshot(stage.host(name));
    assert.deepEqual(
      [...snapshot.files, ...snapshot.processes].filter((one) => /\/vms\/.|guest=|-name /.test(one)),
      [],
      name,
    );
    assert.deepEqual(snapshot.namespaces, []);
    await must(`node rm ${name}`);
    const { ports, nft, files, processes } = await stage.lab.snapshot(stage.host(name));
    assert.deepEqual({ ports, nft }, { ports: [], nft: [] });
    assert.doesNotMatch(await stage.on(name, 'cat /run/lab/root/.ssh/authorized_keys 2>/dev/null || :'), /images/);
    assert.deepEqual(
      [...files, ...processes].filter((one) => one.includes(stage.controllerId)),
      [],
    );
  }
});
