import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNodeSpecs, readNodeUsage } from './node-specs.ts';

const usage = ['bootId 03e1', 'load 0.88', 'memory 2048', 'memoryAvailable 1024', 'disk 4096', 'diskFree 512'];
const fixed = ['architecture x86_64', 'kernel 6.1.0', 'cpus 2', 'operatingSystem Debian GNU/Linux 12 (bookworm)'];
const answer = (lines: string[]) => ({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });

test('CR1 sizes become bytes and versions are found in what programs print', () => {
  const tools = ['tool ip ip utility, iproute2-6.1.0, libbpf 1.1.0', 'tool qemu-img qemu-img version 7.2.22 (Debian 1:7.2)'];
  const specs = readNodeSpecs('/s').parse(answer([...usage, ...fixed, ...tools, 'datapath netdev']));
  assert.deepEqual([specs.memory, specs.diskFree, specs.cpus, specs.datapath], [2_097_152, 524_288, 2, 'netdev']);
  assert.equal(specs.operatingSystem, 'Debian GNU/Linux 12 (bookworm)');
  assert.deepEqual([specs.tools.ip, specs.tools['qemu-img']], ['6.1.0', '7.2.22']);
});

test('CR1 a missing program is null, and so is the datapath where Open vSwitch does not run', () => {
  const specs = readNodeSpecs('/s').parse(answer([...usage, ...fixed]));
  assert.deepEqual([specs.tools['qemu-system-x86_64'], specs.tools['ovs-vswitchd'], specs.datapath], [null, null, null]);
});

test('CR6 a node has UEFI where both files of it are there, and the hypervisors whose programs are', () => {
  const tools = ['qemu-system-x86_64', 'qemu-img', 'setpriv', 'flock'].map((name) => `tool ${name} 1.2`);
  const specs = (lines: string[]) => readNodeSpecs('/s').parse(answer([...usage, ...fixed, ...lines]));
  const whole = specs([...tools, 'firmware /usr/share/OVMF/OVMF_CODE_4M.fd']);
  assert.deepEqual([whole.firmwares, whole.hypervisors], [['bios', 'uefi'], ['qemu']]);
  const poor = specs(tools.slice(1));
  assert.deepEqual([poor.firmwares, poor.hypervisors], [['bios'], []]);
});

test('CR1 no value is invented: what was not read is named', () => {
  const partial = usage.filter((line) => !line.startsWith('diskFree'));
  assert.throws(() => readNodeUsage('/s').parse({ ...answer(partial), stderr: 'df: not found' }), {
    code: 'node.unfit',
    message: /diskFree.*df: not found/,
  });
});
