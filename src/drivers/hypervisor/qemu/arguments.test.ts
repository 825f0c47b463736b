import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kvmAbilities, nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launchImage, launch as launchOf, port as nicPort } from '../../../../test/support/vm.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { tapName } from '../../network/names.ts';
import type { NodeAbilities } from '../driver.ts';
import type { Machine } from '../vm-folder/machine.ts';
import { qemuArguments } from './arguments.ts';

const tcg = tcgAbilities;
const kvm = kvmAbilities;
const port = nicPort({ nicId: 'nicnicnicnicnic2', mac: '52:54:00:00:00:01' });
const vm = launchOf({
  ...{ hostname: 'h$(reboot)', cpus: 3, memory: 256 * 1024 ** 2, image: launchImage({ sha256: '0', format: 'qcow2' }), ports: [port] },
  userData: '#!/bin/sh\nuser text',
  cloudConfig: '#cloud-config\nuser text',
  sshKeys: ['ssh-ed25519 key text'],
});
const layout = nodeLayout({ stateFolder: '/s,s', runFolder: '/r,r' });
const argumentsFor = (launch: VmLaunch, abilities: NodeAbilities) => qemuArguments(layout, launch, abilities);
const after = (argv: readonly string[], option: string) => argv.flatMap((word, index) => (argv[index - 1] === option ? [word] : []));

test('CR6 the name stands first and ends with a comma, so that it can be recognised', () => {
  assert.deepEqual(argumentsFor(vm, tcg).slice(0, 3), ['qemu-system-x86_64', '-name', 'guest=aaaaaaaaaaaaaaaa,debug-threads=on']);
});

test('CR6 KVM and TCG get the processor that fits them, and TCG a bounded buffer', () => {
  assert.deepEqual([after(argumentsFor(vm, kvm), '-accel'), after(argumentsFor(vm, kvm), '-cpu')], [['kvm'], ['host']]);
  assert.deepEqual(
    [after(argumentsFor(vm, tcg), '-accel'), after(argumentsFor(vm, tcg), '-cpu')],
    [['tcg,thread=multi,tb-size=64'], ['max']],
  );
});

test('CR6 sizes are the wanted ones', () => {
  const argv = argumentsFor(vm, tcg);
  assert.deepEqual([after(argv, '-m'), after(argv, '-smp')], [['262144K'], ['cpus=3,maxcpus=8,sockets=1,cores=8,threads=1']]);
  assert.deepEqual(after(argumentsFor({ ...vm, cpus: 9 }, tcg), '-smp'), ['cpus=9,maxcpus=9,sockets=1,cores=9,threads=1']);
});

test('SC11 a guest that runs short of memory takes some back', () => {
  assert.ok(after(argumentsFor(vm, tcg), '-device').includes('virtio-balloon-pci,id=balloon,deflate-on-oom=on'));
});

test('SC11 a guest cannot suspend itself', () => {
  assert.deepEqual(after(argumentsFor(vm, tcg), '-global'), ['PIIX4_PM.disable_s3=1', 'PIIX4_PM.disable_s4=1']);
});

test('SC11 a machine that is put together like another has its CPUs, its memory and every device in its place', () => {
  const machine: Machine = {
    ...{ qemu: '7.2', accelerator: 'tcg', firstCpus: 1, laterCpus: 2, mostCpus: 8, memory: 512 * 1024 ** 2, offloads: false },
    places: { disk0: 5, 'nic-nicnicnicnicnic2': 17, balloon: 31, screen: 2 },
  };
  const argv = qemuArguments(layout, vm, tcg, machine);
  assert.deepEqual([after(argv, '-m'), after(argv, '-smp')], [['524288K'], ['cpus=1,maxcpus=8,sockets=1,cores=8,threads=1']]);
  const devices = after(argv, '-device');
  assert.deepEqual(
    devices.filter((device) => device.includes('-cpu,')),
    [1, 2].map((core) => `max-x86_64-cpu,id=cpu-${core},socket-id=0,core-id=${core},thread-id=0`),
  );
  const placed = devices.flatMap((device) => /^.*?id=([\w-]+).*?,addr=(.*)$/.exec(device)?.slice(1) ?? []);
  assert.deepEqual(placed, ['disk0', '0x5', 'nic-nicnicnicnicnic2', '0x11', 'screen', '0x2', 'balloon', '0x1f']);
});

test('CR6 every NIC has its tap, its model and its MAC, in order', () => {
  const ports = [port, { ...port, nicId: 'nicnicnicnicnic3', mac: '52:54:00:00:00:02', model: 'e1000' as const }];
  const argv = argumentsFor({ ...vm, ports }, kvm);
  assert.deepEqual(
    after(argv, '-netdev'),
    ports.map(({ nicId }) => `tap,id=net-${nicId},ifname=${tapName(nicId)},script=no,downscript=no`),
  );
  const nics = after(argv, '-device').filter((device) => device.includes('netdev='));
  assert.deepEqual(nics, [
    'virtio-net-pci,id=nic-nicnicnicnicnic2,netdev=net-nicnicnicnicnic2,mac=52:54:00:00:00:01,romfile=',
    'e1000,id=nic-nicnicnicnicnic3,netdev=net-nicnicnicnicnic3,mac=52:54:00:00:00:02,romfile=',
  ]);
});

test('CR6 offloads are off exactly for virtio on the userspace datapath', () => {
  const offloaded = (launch: VmLaunch, abilities: NodeAbilities) =>
    argumentsFor(launch, abilities).some((word) => word.includes('host_tso4=off'));
  assert.ok(offloaded(vm, tcg));
  assert.ok(!offloaded(vm, kvm));
  assert.ok(!offloaded({ ...vm, ports: [{ ...port, model: 'rtl8139' }] }, tcg));
});

test('CR6 VNC, QMP and serial console are Unix sockets; nothing listens on the network', () => {
  const argv = argumentsFor(vm, tcg);
  assert.deepEqual(after(argv, '-vnc'), ['unix:/r,,r/vms/aaaaaaaaaaaaaaaa/sockets/vnc.sock']);
  const chardevs = after(argv, '-chardev');
  assert.deepEqual(
    chardevs.map((chardev) => /id=(\w+)/.exec(chardev)?.[1]),
    ['qmp', 'events', 'serial', 'agent'],
  );
  assert.ok(chardevs.every((chardev) => /^socket,id=\w+,path=\/r,,r\/.*,server=on,wait=off/.test(chardev)));
});

test("SC19 nothing opens a TCP port: VNC, QMP and serial console are sockets in the VM's own folder", () => {
  const argv = argumentsFor({ ...vm, firmware: 'uefi' }, tcg);
  const doors = argv.filter((_, index) => ['-vnc', '-chardev', '-mon', '-monitor', '-qmp', '-serial'].includes(argv[index - 1] ?? ''));
  assert.equal(doors.length, 7);
  for (const door of doors) assert.match(door, /^(unix:|socket,id=\w+,path=|chardev=)/);
  assert.doesNotMatch(argv.join(' '), /tcp:|telnet:|websocket|host=|port=|[a-z]:\d{4}/);
});

test('SC19 no guest gets a network by SLIRP: a NIC is a tap, and without NICs there is none', () => {
  assert.ok(after(argumentsFor(vm, tcg), '-netdev').every((netdev) => netdev.startsWith('tap,')));
  const argv = argumentsFor({ ...vm, ports: [] }, tcg);
  assert.ok(argv.includes('-nodefaults'), 'else QEMU would add a NIC with SLIRP by itself');
  assert.ok(!argv.some((word) => /^-(netdev|nic|net)$|^user[,:]|slirp/.test(word)));
});

test('SC19 the seed is a read-only CD-ROM, never a virtio disk', () => {
  const argv = argumentsFor(vm, tcg);
  const seed = after(argv, '-blockdev').find((node) => node.includes('seed.iso')) ?? '';
  assert.deepEqual(JSON.parse(seed), {
    'node-name': 'seed',
    driver: 'raw',
    'read-only': true,
    file: { driver: 'file', filename: '/s,s/vms/aaaaaaaaaaaaaaaa/seed.iso', 'read-only': true },
  });
  const drives = after(argv, '-device').filter((device) => device.includes('drive=seed'));
  assert.deepEqual(drives, ['ide-cd,drive=seed,bus=ide.1,unit=0,bootindex=2']);
});

test('CR17 no text of a user is in the command line', () => {
  assert.doesNotMatch(argumentsFor(vm, tcg).join(' '), /reboot|user text|ssh-ed25519/);
});

test('CR6 an architecture that cannot be run is refused', () => {
  assert.throws(() => argumentsFor(vm, { ...tcg, architecture: 'aarch64' }), { code: 'node.unfit' });
});

test('SC11 what a VM boots from has its place, and a NIC only then its ROM', () => {
  const netboot = after(argumentsFor({ ...vm, bootOrder: ['nic'] }, tcg), '-device');
  const nic = netboot.find((device) => device.startsWith('virtio-net-pci')) ?? '';
  assert.match(nic, /,bootindex=1(,|$)/);
  assert.doesNotMatch(nic, /romfile/);
  assert.doesNotMatch(netboot.find((device) => device.startsWith('virtio-blk-pci')) ?? '', /bootindex/);
  assert.match(netboot.find((device) => device.startsWith('ide-cd,drive=seed')) ?? '', /bootindex=2$/);
  assert.match(after(argumentsFor(vm, tcg), '-device').find((device) => device.startsWith('virtio-net-pci')) ?? '', /romfile=/);
});
