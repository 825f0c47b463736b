/** NICs and volumes that are added to a running VM and removed from it. */
import { setTimeout as delay } from 'node:timers/promises';
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeAbilities } from '../driver.ts';
import { accepted } from '../vm-folder/accepted.ts';
import { vmDisks, volumeNode } from '../vm-folder/disks.ts';
import { withoutPort, withoutVolume, withPort, withVolume } from '../vm-folder/launch-parts.ts';
import { dropVolume, makeDisk } from '../vm-folder/prepare.ts';
import { note } from '../vm-folder/running.ts';
import { type DomainReach, liveDomain, onDomain } from './control.ts';
import { diskAlias, diskElement, nicAlias, nicElement, virtioName } from './devices.ts';
import { find, type Xml } from './xml.ts';

/** ms that a guest has to release a device; after that the request is repeated, since a guest that still boots does not notice it. */
const unplugTime = 30_000;
const askEvery = 2_000;
const lookEvery = 250;

/** See `NodeHypervisor.attachNic`. The tap exists. */
export async function attachNic(reach: DomainReach, abilities: NodeAbilities, launch: VmLaunch, nicId: string): Promise<void> {
  const port = launch.ports.find((each) => each.nicId === nicId);
  if (port === undefined) throw new CroftError('internal', `VM ${reach.vm.label} is to have no NIC ${nicId}`);
  await plug(reach, nicAlias(nicId), () => nicElement(launch, port, abilities));
  await note(reach, reach.vm, (running) => withPort(running, launch, nicId));
}

export async function detachNic(reach: DomainReach, nicId: string): Promise<void> {
  await unplug(reach, nicAlias(nicId));
  await note(reach, reach.vm, (running) => withoutPort(running, nicId));
}

/** See `NodeHypervisor.attachVolume`. A missing file is created. */
export async function attachVolume(reach: DomainReach, launch: VmLaunch, volumeId: string): Promise<void> {
  const { host, layout } = reach;
  const volume = launch.volumes.find(({ id }) => id === volumeId);
  const disk = vmDisks(layout, launch).find(({ node }) => node === volumeNode(volumeId));
  if (volume === undefined) throw new CroftError('internal', `VM ${reach.vm.label} is to have no volume ${volumeId}`);
  if (disk === undefined) {
    throw new CroftError('unsupported', `the volume ${volume.name} is a CD-ROM, which cannot come to a VM that runs`, {
      node: host.name,
      hint: 'Restart the VM: it has the CD-ROM then.',
    });
  }
  await plug(reach, diskAlias(disk.node), async (domain) => {
    await makeDisk(reach, reach.vm, disk);
    return diskElement(disk, freePlace(domain));
  });
  await note(reach, reach.vm, (running) => withVolume(running, launch, volumeId));
}

export async function detachVolume(reach: DomainReach, volumeId: string): Promise<void> {
  await unplug(reach, diskAlias(volumeNode(volumeId)));
  // Recorded last: until then, a pass after an interruption detaches the volume again, so that no part of it stays.
  await dropVolume(reach, reach.vm, volumeId);
  await note(reach, reach.vm, (running) => withoutVolume(running, volumeId));
}

function devices(domain: Xml): readonly Xml[] {
  return find(domain, 'devices')?.children ?? [];
}

function hasDevice(domain: Xml, alias: string): boolean {
  return devices(domain).some((device) => find(device, 'alias')?.attributes.name === alias);
}

/** The first name of a virtio disk that no disk has. */
function freePlace(domain: Xml): number {
  const taken = new Set(devices(domain).map((device) => (device.name === 'disk' ? find(device, 'target')?.attributes.dev : undefined)));
  let place = 0;
  while (taken.has(virtioName(place))) place += 1;
  return place;
}

async function plug(reach: DomainReach, alias: string, make: (domain: Xml) => Xml | Promise<Xml>): Promise<void> {
  const domain = await liveDomain(reach);
  if (hasDevice(domain, alias)) return;
  await onDomain(reach, 'attach-device', ['/dev/stdin', '--live'], { input: await make(domain) });
}

/** libvirt refuses a second removal while the first is in progress. */
async function unplug(reach: DomainReach, alias: string): Promise<void> {
  const over = performance.now() + unplugTime;
  let askAt = 0;
  while (hasDevice(await liveDomain(reach), alias)) {
    if (performance.now() >= over) throw keptByGuest(reach);
    if (performance.now() < askAt) await delay(lookEvery);
    else {
      askAt = performance.now() + askEvery;
      await accepted(onDomain(reach, 'detach-device-alias', [alias, '--live']));
    }
  }
}

function keptByGuest({ host, vm }: DomainReach): CroftError {
  return new CroftError('command.timeout', `the guest of VM ${vm.label} did not release the device within ${unplugTime / 1000} s`, {
    node: host.name,
    hint: 'Restart the VM: it is without the device then.',
  });
}
