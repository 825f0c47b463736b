import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { nodeConfigSchema } from '../../src/model/node/node.ts';
import { startLab, stopLab } from '../lab/lab.ts';
import { run, runningMachines } from '../lab/machine.ts';
import { until } from '../support/until.ts';

const reach = async (address: string, keyFile: string, ...command: string[]) => {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=1', 'BatchMode=yes'];
  return run(['ssh', ...options.flatMap((option) => ['-o', option]), '-i', keyFile, `root@${address}`, ...command]);
};

test('CR1 lab hosts answer SSH as themselves, reach the internet and share a VLAN trunk', async () => {
  await using lab = await startLab({ hosts: 2 });
  const [first, second] = lab.hosts;
  assert.ok(first && second);

  const nodes = parse(await readFile(lab.nodesFile, 'utf8')) as unknown[];
  assert.deepEqual(
    nodes.map((node) => nodeConfigSchema.parse(node).name),
    ['lab1', 'lab2'],
  );
  assert.equal((await reach(second.address, second.keyFile, 'hostname')).stdout, 'lab2\n');

  for (const [index, host] of lab.hosts.entries()) {
    const bridge = 'ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev -- add-port br0 trunk0';
    const port = '-- add-port br0 vlan7 tag=7 -- set interface vlan7 type=internal';
    const address = `ip link set trunk0 up; ip address add 192.168.7.${index + 1}/24 dev vlan7; ip link set vlan7 up`;
    const { code, stderr } = await host.exec(['sh', '-c', `${bridge} ${port}; ${address}`]);
    assert.equal(code, 0, stderr);
  }
  await until('the trunk carries VLAN 7', async () => {
    const { code } = await first.exec(['ping', '-c', '1', '-W', '1', '192.168.7.2']);
    return code === 0 || undefined;
  });
  assert.equal((await first.exec(['ping', '-c', '1', '-W', '1', lab.internet])).code, 0);
});

test('CR1 a power cut ends all of a host but its disk, and it boots as another boot of itself', async () => {
  await using lab = await startLab({ hosts: 1 });
  const [host] = lab.hosts;
  assert.ok(host);
  const bootId = async () => (await host.exec(['cat', '/proc/sys/kernel/random/boot_id'])).stdout;
  const firstBoot = await bootId();
  await host.exec(['sh', '-c', 'echo kept >/var/lib/croft/file; echo lost >/run/file; sleep 1000 >/dev/null 2>&1 &']);

  await host.kill();
  assert.equal((await runningMachines(lab.name)).has(host.name), false);
  await host.boot();

  assert.notEqual(await bootId(), firstBoot);
  assert.equal((await host.exec(['cat', '/var/lib/croft/file'])).stdout, 'kept\n');
  assert.notEqual((await host.exec(['cat', '/run/file'])).code, 0);
  const { processes } = await lab.snapshot(host);
  assert.ok(!processes.some((process) => process.startsWith('sleep 1000')), processes.join('\n'));
});

test('CR1 a pulled management cable hides a host until it is plugged again', async () => {
  await using lab = await startLab({ hosts: 1 });
  const [host] = lab.hosts;
  assert.ok(host);
  await host.cut();
  assert.equal((await reach(host.address, host.keyFile, 'true')).code, 255);
  await host.join();
  assert.equal((await reach(host.address, host.keyFile, 'true')).code, 0);
});

test('CR1 a snapshot shows what was added to a host and nothing else', async () => {
  await using lab = await startLab({ hosts: 1 });
  const [host] = lab.hosts;
  assert.ok(host);
  const before = await lab.snapshot(host);
  assert.deepEqual(await lab.snapshot(host), before);

  await host.exec([
    'sh',
    '-c',
    'ip netns add left; nft add table inet left; ip link add left0 type veth peer name left1; (sleep 999 >/dev/null 2>&1 &)',
  ]);
  const after = await lab.snapshot(host);
  const added = (list: 'interfaces' | 'namespaces' | 'nft' | 'processes') => after[list].filter((one) => !before[list].includes(one));
  assert.deepEqual(added('interfaces'), ['left0', 'left1']);
  assert.deepEqual(added('namespaces'), ['left']);
  assert.deepEqual(added('processes'), ['sleep 999']);
  assert.ok(added('nft').includes('table inet left {'), after.nft.join('\n'));
});

test('CR1 a lab whose owner is killed runs no longer, and a stop removes what it left', async () => {
  const name = 'orphan';
  const script = `
    import { startLab } from '${new URL('../lab/lab.ts', import.meta.url)}';
    await startLab({ hosts: 1, name: '${name}' });
    console.log('up');
    setInterval(() => {}, 1000);
  `;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(owner.stdout, 'data');
    assert.deepEqual([...(await runningMachines(name)).keys()].sort(), ['internet', 'lab1', 'switch']);
    await assert.rejects(startLab({ hosts: 1, name }), /runs already/);
    owner.kill('SIGKILL');
    await until('its machines have ended', async () => (await runningMachines(name)).size === 0 || undefined);
  } finally {
    owner.kill('SIGKILL');
    assert.equal(await stopLab(name), true);
  }
  assert.ok(!(await readdir('/sys/class/net')).includes(`croft-${name}`));
  await assert.rejects(stat(`/var/lib/croft-lab/${name}`), { code: 'ENOENT' });
});
