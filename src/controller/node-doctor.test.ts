import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../test/support/fake-host.ts';
import { nodeLayout } from '../../test/support/node.ts';
import type { DriverProbe } from '../drivers/hypervisor/driver.ts';
import type { Command } from '../host/host.ts';
import { nodeConfigSchema } from '../model/node/node.ts';
import { createDoctor } from './node-doctor.ts';

const layout = nodeLayout();
const config = nodeConfigSchema.parse({ name: 'l', hypervisor: 'libvirt' });
const probed: DriverProbe = { usable: false, reason: 'it does not answer' };
const doctor = createDoctor(() => ({
  on: () => ({
    name: 'libvirt',
    can: new Set(),
    probe: () => ({ command: { argv: ['virsh', 'version'] }, parse: () => probed }),
  }),
}));
const common = 'bootId b\nload 0\nmemory 1\nmemoryAvailable 1\ndisk 9000000\ndiskFree 9000000\narchitecture x86_64\nkernel 6.1\ncpus 2';

/** A node with everything but a libvirt that answers. */
function nodeOf(operatingSystem: string, programs: readonly string[]): FakeHost {
  const tools = [
    'qemu-img',
    'setpriv',
    'flock',
    'zstd',
    'coreutils',
    'ssh',
    'ip',
    'nft',
    'ethtool',
    'ovs-vsctl',
    'ovs-vswitchd',
    'dnsmasq',
    ...programs,
  ];
  const specs = [common, `operatingSystem ${operatingSystem}`, ...tools.map((tool) => `tool ${tool} 1.0`)].join('\n');
  return new FakeHost({ answer: ({ argv }) => ({ stdout: argv[3] === 'croft-specs' ? specs : '' }) });
}

const missingOf = async (host: FakeHost) => (await doctor.examine(host, layout, config)).filter(({ ok }) => !ok);
const installs = ({ argv }: Command) => argv[3] === 'croft-install';
const starts = ({ argv: [, , script = ''] }: Command) => /libvirtd -d/.test(script);

test('CR2 a node that lacks libvirt gets its daemon and QEMU with its commands, and is started', async () => {
  for (const [system, fix] of [
    ['Debian', 'apt-get install libvirt-daemon-system libvirt-clients qemu-system-x86'],
    ['Alpine', 'apk add libvirt-daemon libvirt-client qemu-system-x86_64'],
  ] as const) {
    const host = nodeOf(system, []);
    const missing = await missingOf(host);
    assert.deepEqual(
      missing.map(({ name, fix }) => [name, fix]),
      [
        ['virsh', fix],
        ['hypervisor', null],
      ],
    );
    await doctor.treat(host, layout, missing, config);
    assert.deepEqual(host.commands.find(installs)?.argv.slice(4), fix.split(' ').slice(-3));
    assert.ok(host.commands.findIndex(starts) > host.commands.findIndex(installs));
  }
});

test('CR2 a node with zones that lacks programs gets the packages of illumos that bring them', async () => {
  const zones = nodeConfigSchema.parse({ name: 'o', hypervisor: 'zones', roles: ['compute'] });
  const host = new FakeHost({ answer: ({ argv }) => ({ stdout: argv[3] === 'croft-specs' ? common : '' }) });
  const checks = await doctor.examine(host, layout, zones);
  const fixes = checks.flatMap(({ name, ok, fix }) => (ok ? [] : [[name, fix]]));
  assert.deepEqual(fixes.slice(0, 4), [
    ['python3', null],
    ['coreutils', 'pkg install file/gnu-coreutils'],
    ['zstd', 'pkg install compress/zstd'],
    ['ssh', 'pkg install network/openssh'],
  ]);
  assert.match(checks.find(({ name }) => name === 'qemu-img')?.detail ?? '', /qcow2: pkg install ooce\/util\/qemu-img/);
  await doctor.treat(host, layout, checks, zones);
  const installed = host.commands.find(installs)?.argv.slice(4);
  assert.deepEqual(installed, ['file/gnu-coreutils', 'compress/zstd', 'network/openssh', 'system/zones/brand/bhyve']);
});

test('CR2 a libvirt that is stopped is started with what the system starts services with, and nothing is installed', async () => {
  for (const [system, fix] of [
    ['Debian', 'systemctl enable --now libvirtd'],
    ['Alpine', 'rc-service libvirtd start'],
  ] as const) {
    const host = nodeOf(system, ['virsh']);
    const missing = await missingOf(host);
    assert.deepEqual(
      missing.map(({ name, fix }) => [name, fix]),
      [['hypervisor', fix]],
    );
    await doctor.treat(host, layout, missing, config);
    assert.ok(host.commands.some(starts) && !host.commands.some(installs));
  }
});
