/** NICs and volumes that are added to a running VM and removed from it. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { CroftError } from '../../../model/error.ts';
import type { QmpSession } from '../../../tools/qmp.ts';
import { abilitiesOf, type DriverNode, type NodeReach, type VmReference, type VmWithLaunch } from '../driver.ts';
import { accepted } from '../vm-folder/accepted.ts';
import { vmDisks, volumeNode } from '../vm-folder/disks.ts';
import { withoutPort, withoutVolume, withPort, withVolume } from '../vm-folder/launch-parts.ts';
import { dropVolume, makeDisk } from '../vm-folder/prepare.ts';
import { note } from '../vm-folder/running.ts';
import { nicDevice, portDevices } from './arguments.ts';
import { withControl } from './control.ts';
import { blockNode, diskDevice } from './devices.ts';

/** See `NodeHypervisor.attachNic`. The tap exists. */
export async function attachNic(node: DriverNode, vm: VmWithLaunch, nicId: string): Promise<void> {
  const abilities = abilitiesOf(node);
  const { launch } = vm;
  const port = launch.ports.find((each) => each.nicId === nicId);
  if (port === undefined) throw new CroftError('internal', `VM ${vm.label} is to have no NIC ${nicId}`);
  const { backend, device } = portDevices(launch, port, abilities);
  await withControl(node, vm, (session) =>
    plug(session, nicDevice(nicId), {
      add: () => session.execute('netdev_add', backend),
      device,
      remove: () => session.execute('netdev_del', { id: backend.id }),
    }),
  );
  await note(node, vm, (running) => withPort(running, launch, nicId));
}

export async function detachNic(node: NodeReach, vm: VmReference, nicId: string): Promise<void> {
  await withControl(node, vm, (session) => unplug(session, nicDevice(nicId), () => session.execute('netdev_del', { id: `net-${nicId}` })));
  await note(node, vm, (running) => withoutPort(running, nicId));
}

/** See `NodeHypervisor.attachVolume`. A missing file is created. */
export async function attachVolume(node: NodeReach, vm: VmWithLaunch, volumeId: string): Promise<void> {
  const { layout } = node;
  const { launch } = vm;
  const volume = launch.volumes.find(({ id }) => id === volumeId);
  const disk = vmDisks(layout, launch).find((each) => each.node === volumeNode(volumeId));
  if (volume === undefined) throw new CroftError('internal', `VM ${vm.label} is to have no volume ${volumeId}`);
  if (disk === undefined) {
    throw new CroftError('unsupported', `the volume ${volume.name} is a CD-ROM, which cannot come to a VM that runs`, {
      hint: 'Restart the VM: it has the CD-ROM then.',
    });
  }
  await withControl(node, vm, async (session) => {
    await makeDisk(node, vm, disk);
    await plug(session, disk.node, {
      add: () => session.execute('blockdev-add', blockNode(disk)),
      device: diskDevice(disk),
      remove: () => session.execute('blockdev-del', { 'node-name': disk.node }),
    });
  });
  await note(node, vm, (running) => withVolume(running, launch, volumeId));
}

export async function detachVolume(node: NodeReach, vm: VmReference, volumeId: string): Promise<void> {
  const block = volumeNode(volumeId);
  await withControl(node, vm, (session) => unplug(session, block, () => session.execute('blockdev-del', { 'node-name': block })));
  // Recorded last: until then, a pass after an interruption detaches the volume again, so that no part of it stays.
  await dropVolume(node, vm, volumeId);
  await note(node, vm, (running) => withoutVolume(running, volumeId));
}

interface Halves {
  /** The backend of the device. */
  add(): Promise<unknown>;
  device: Record<string, unknown>;
  remove(): Promise<unknown>;
}

/**
 * No effect where the device exists; QEMU refuses to remove missing objects. Backends left behind by an interrupted attempt are removed
 * first.
 */
async function plug(session: QmpSession, device: string, halves: Halves): Promise<void> {
  if (await hasDevice(session, device)) return;
  await accepted(halves.remove());
  await halves.add();
  try {
    await session.execute('device_add', halves.device);
  } catch (thrown) {
    await accepted(halves.remove());
    throw thrown;
  }
}

/** ms that a guest has to release a device; after that the request is repeated, since a guest that still boots does not notice it. */
const unplugTime = 30_000;
const askEvery = 2_000;

/** QEMU refuses a second removal while the first is in progress. */
async function unplug(session: QmpSession, device: string, remove: () => Promise<unknown>): Promise<void> {
  if (await hasDevice(session, device)) {
    const gone = session
      .event('DEVICE_DELETED', (data) => data.device === device, unplugTime)
      .then(
        () => true,
        () => true,
      );
    let over = false;
    while (!over && (await hasDevice(session, device))) {
      await accepted(session.execute('device_del', { id: device }));
      over = await Promise.race([gone, delay(askEvery, false, { ref: false })]);
    }
    if (await hasDevice(session, device)) {
      throw new CroftError('command.timeout', `the guest did not release the device within ${unplugTime / 1000} s`, {
        hint: 'Restart the VM: it is without the device then.',
      });
    }
  }
  await accepted(remove());
}

const devicesSchema = z.array(z.object({ name: z.string() }));

async function hasDevice(session: QmpSession, id: string): Promise<boolean> {
  const devices = devicesSchema.parse(await session.execute('qom-list', { path: '/machine/peripheral' }));
  return devices.some(({ name }) => name === id);
}
