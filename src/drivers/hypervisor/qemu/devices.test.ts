import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLayout } from '../../../../test/support/node.ts';
import { launch } from '../../../../test/support/vm.ts';
import type { LaunchImage, VmLaunch } from '../../../model/node/plan.ts';
import { gibibyte } from '../../../model/vm/flavor.ts';
import { diskFiles, vmDisks } from '../vm-folder/disks.ts';
import { vmFolders } from '../vm-folder/identity.ts';
import { diskArguments } from './devices.ts';
import { machineArguments } from './firmware.ts';

const image = (format: LaunchImage['format']): LaunchImage => ({ id: 'i', sha256: format, format, size: 1 });
const volume = (name: string, of: LaunchImage | null, size: number | null) => ({ id: `id-${name}`, name, image: of, size });
const vm = launch({ memory: gibibyte, image: image('qcow2') });
const layout = nodeLayout();
const state = '/s/vms/aaaaaaaaaaaaaaaa';
const argumentsOf = (launch: VmLaunch, option: string) => {
  const argv = diskArguments(layout, launch);
  return argv.flatMap((word, index) => (argv[index - 1] === option ? [word] : []));
};
const withVolumes = {
  ...vm,
  disk: 5 * gibibyte,
  volumes: [volume('data', null, gibibyte), volume('tools', image('iso'), null), volume('base', image('raw'), 2 * gibibyte)],
};

test('MH8 a volume is a disk of its own, empty or on an image, and an ISO image is none', () => {
  assert.deepEqual(vmDisks(layout, withVolumes), [
    {
      node: 'disk0',
      file: `${state}/disk.qcow2`,
      base: { file: '/s/images/qcow2.qcow2', format: 'qcow2' },
      size: 5 * gibibyte,
      serial: null,
      bootIndex: 1,
    },
    { node: 'volume-id-data', file: `${state}/volume-id-data.qcow2`, base: null, size: gibibyte, serial: 'data', bootIndex: null },
    {
      node: 'volume-id-base',
      file: `${state}/volume-id-base.qcow2`,
      base: { file: '/s/images/raw.raw', format: 'raw' },
      size: 2 * gibibyte,
      serial: 'base',
      bootIndex: null,
    },
  ]);
});

test('MH8 a guest finds volumes by name, in their order, and the first disk is the one that it boots from', () => {
  assert.deepEqual(argumentsOf(withVolumes, '-device'), [
    'virtio-blk-pci,id=disk0,drive=disk0,bootindex=1',
    'virtio-blk-pci,id=volume-id-data,drive=volume-id-data,serial=data',
    'virtio-blk-pci,id=volume-id-base,drive=volume-id-base,serial=base',
    'ide-cd,drive=cdrom0,bus=ide.0,unit=1,bootindex=2',
    'ide-cd,drive=seed,bus=ide.1,unit=0,bootindex=3',
  ]);
});

test('SC10 what guests discard or fill with zeros is given back', () => {
  const [first = ''] = argumentsOf(vm, '-blockdev');
  assert.deepEqual(JSON.parse(first), {
    'node-name': 'disk0',
    driver: 'qcow2',
    discard: 'unmap',
    'detect-zeroes': 'unmap',
    file: { driver: 'file', filename: `${state}/disk.qcow2`, discard: 'unmap' },
  });
});

test('SC10 a VM of an ISO image has an empty disk that comes before its CD-ROM, which cannot be written', () => {
  const installed = { ...vm, disk: gibibyte, image: image('iso') };
  assert.deepEqual(vmDisks(layout, installed), [
    { node: 'disk0', file: `${state}/disk.qcow2`, base: null, size: gibibyte, serial: null, bootIndex: 1 },
  ]);
  assert.deepEqual(argumentsOf(installed, '-device').slice(0, 2), [
    'virtio-blk-pci,id=disk0,drive=disk0,bootindex=1',
    'ide-cd,drive=install,bus=ide.0,unit=0,bootindex=2',
  ]);
  const cdRom = JSON.parse(argumentsOf(installed, '-blockdev')[1] ?? '');
  assert.deepEqual([cdRom['read-only'], cdRom.file.filename], [true, '/s/images/iso.iso']);
  assert.throws(() => vmDisks(layout, { ...installed, disk: null }), { code: 'vm.launch', message: /no size/ });
});

test('MH8 more CD-ROMs than the machine has room for are refused', () => {
  const volumes = ['a', 'b', 'c'].map((name) => volume(name, image('iso'), null));
  assert.throws(() => diskArguments(layout, { ...vm, volumes }), { code: 'vm.launch', message: /3 volumes are CD-ROMs/ });
});

test("CR6 UEFI code cannot be written, its variables are the VM's own, and both travel as the disks do", () => {
  const uefi = { ...withVolumes, firmware: 'uefi' as const };
  const argv = machineArguments(uefi, vmFolders(layout, vm.id));
  assert.equal(argv[1], 'pc,pflash0=firmware-code,pflash1=firmware-variables');
  const flashes = [argv[3], argv[5]].map((text) => JSON.parse(text ?? ''));
  assert.deepEqual(
    flashes.map((flash) => [flash['read-only'], flash.file.filename]),
    [
      [true, `${state}/firmware-code.fd`],
      [false, `${state}/firmware-variables.fd`],
    ],
  );
  assert.deepEqual(diskFiles(layout, uefi), [
    `${state}/disk.qcow2`,
    `${state}/volume-id-data.qcow2`,
    `${state}/volume-id-base.qcow2`,
    `${state}/firmware-variables.fd`,
  ]);
  assert.deepEqual(machineArguments(vm, vmFolders(layout, vm.id)), ['-machine', 'pc']);
});
