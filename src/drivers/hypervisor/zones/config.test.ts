import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLayout } from '../../../../test/support/node.ts';
import { launchImage, launch as launchOf, port as nicPort } from '../../../../test/support/vm.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { vnicName } from '../../network/names.ts';
import { zoneConfiguration } from './config.ts';
import { vmOfZone, zonePlaces } from './names.ts';

const layout = nodeLayout({ controllerId: 'abcdefgh', stateFolder: '/croft/abcdefgh', runFolder: '/run/abcdefgh' });
const image = launchImage({ sha256: 'a'.repeat(64), format: 'iso' });
const port = nicPort({ vmId: 'v', model: 'e1000' });
const vm = launchOf({
  ...{ id: 'abcdefghijklmnop', cpus: 3, memory: 2 ** 30 + 1, disk: 2 ** 30, image, firmware: 'uefi', ports: [port] },
  volumes: [{ id: 'cdcdcdcdcdcdcdcd', name: 'tools', image: { ...image, sha256: 'b'.repeat(64) }, size: null }],
});

const attributesOf = (launch: VmLaunch): Record<string, string> =>
  Object.fromEntries(
    zoneConfiguration(layout, launch, 'p/v').resources.flatMap(({ kind, properties }) =>
      kind === 'attr' ? [[properties.name ?? '', properties.value ?? '']] : [],
    ),
  );

test('SC11 a VM that is installed from an ISO has it first, then its volumes’ ones, and its seed last', () => {
  const { cdrom0, cdrom1, cdrom2, bootdisk, bootrom, ram, vcpus, netif } = attributesOf(vm);
  assert.deepEqual([cdrom0, cdrom1], [`/croft/abcdefgh/images/${'a'.repeat(64)}.iso`, `/croft/abcdefgh/images/${'b'.repeat(64)}.iso`]);
  assert.equal(cdrom2, zonePlaces(layout, vm.id).seed);
  assert.deepEqual([bootdisk, bootrom, ram, vcpus, netif], ['p/v/head/disk', 'BHYVE_RELEASE', '1025M', '3', 'e1000']);
});

test('SC11 every CD-ROM is mounted into the zone read-only, and every disk and NIC is given to it', () => {
  const { resources } = zoneConfiguration(layout, vm, 'p/v');
  assert.deepEqual(
    resources.filter(({ kind }) => kind === 'fs').map(({ properties, options }) => [properties.special === properties.dir, options]),
    Array.from({ length: 3 }, () => [true, ['ro', 'nodevices']]),
  );
  assert.deepEqual(
    resources.filter(({ kind }) => kind === 'device' || kind === 'net').map(({ properties }) => properties.match ?? properties.physical),
    [vnicName(layout.controllerId, 'n1'), '/dev/zvol/rdsk/p/v/head/disk'],
  );
});

test('SC11 what bhyve cannot give a VM is refused before anything is made', () => {
  assert.throws(() => attributesOf({ ...vm, ports: [{ ...port, model: 'rtl8139' }] }), { code: 'vm.launch', message: /rtl8139/ });
  assert.throws(() => attributesOf({ ...vm, disk: null }), { code: 'vm.launch', message: /no size/ });
});

test('SC11 names of zones fit, and tell whose they are', () => {
  const { zone, zonepath } = zonePlaces(layout, vm.id);
  assert.ok(zone.length <= 31);
  assert.equal(vmOfZone(layout, { name: zone, zonepath }), vm.id);
  for (const other of [
    { name: zone, zonepath: `/other/${vm.id}` },
    { name: 'web', zonepath },
    { name: 'croft-x', zonepath },
  ]) {
    assert.equal(vmOfZone(layout, other), null);
  }
  assert.throws(() => zonePlaces(layout, '../../etc'), { code: 'internal' });
});

test('SC11 a boot order is given by the names of devices, and refused with a BIOS, which follows none', () => {
  assert.equal(attributesOf(vm).bootorder, undefined);
  assert.equal(attributesOf({ ...vm, bootOrder: ['nic', 'tools', 'disk'] }).bootorder, 'net0,cdrom1,bootdisk,cdrom0,cdrom2');
  assert.throws(() => attributesOf({ ...vm, firmware: 'bios', bootOrder: ['nic'] }), {
    code: 'unsupported',
    message: /boot order with the firmware bios/,
  });
});
