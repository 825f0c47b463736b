/** The launch of a VM, derived from its desired state. Pure. */
import type { Image } from '../image/image.ts';
import { launchImageOf } from '../image/launch-image.ts';
import { pluggedOf } from '../network/fields.ts';
import type { CarriedNetwork } from '../network/segment.ts';
import type { PortPlan, VmLaunch, VolumePlan, WantedVm } from '../node/plan.ts';
import { launchedOf } from './fields.ts';
import type { Nic, Vm } from './vm.ts';

/** By identifier; contains everything that a VM refers to. */
export interface LaunchParts {
  images: ReadonlyMap<string, Image>;
  networks: ReadonlyMap<string, CarriedNetwork>;
}

export function wantedVm(vm: Vm, parts: LaunchParts): WantedVm {
  const { spec, observed } = vm;
  return {
    ...launchOf(vm, parts),
    label: `${vm.slice}/${vm.name}`,
    desired: vm.desired,
    generation: vm.generation,
    settled: observed.settledGeneration === vm.generation,
    movingTo: vm.movingTo,
    restart: spec.restart,
    restarts: observed.restarts,
    restartAt: observed.restartAt,
    launchRetry: observed.launchRetry,
    changeRetry: observed.changeRetry,
    diskRetry: observed.diskRetry,
  };
}

/** A VM gets a node only once its image has content; a volume may be added to a VM with a node. */
function launchOf(vm: Vm, { images, networks }: LaunchParts): Pick<WantedVm, 'launch' | 'missingImages'> {
  const { spec } = vm;
  const image = required(images, vm.imageId);
  const base = launchImageOf(image);
  if (base === null) throw new Error(`VM ${vm.id} was placed before its image ${image.name} was there`);
  const missingImages: string[] = [];
  const volumes = vm.volumes.map(({ id, name, imageId }): VolumePlan => {
    const volumeImage = imageId === null ? null : required(images, imageId);
    const content = volumeImage === null ? null : launchImageOf(volumeImage);
    if (volumeImage !== null && content === null) missingImages.push(volumeImage.name);
    return { id, name, image: content, size: spec.volumes.find((volume) => volume.name === name)?.size ?? null };
  });
  const launch: VmLaunch = {
    id: vm.id,
    hostname: vm.name,
    ...launchedOf(spec),
    image: base,
    volumes,
    firmware: spec.firmware ?? image.traits.firmware,
    ports: vm.nics.map((nic) => portPlan(vm, nic, required(networks, nic.networkId))),
    boot: vm.boot,
  };
  return { launch, missingImages };
}

function portPlan(vm: Vm, nic: Nic, { segment, spec }: CarriedNetwork): PortPlan {
  const model = vm.spec.nics.find(({ name }) => name === nic.name)?.model ?? 'virtio';
  return { nicId: nic.id, vmId: vm.id, mac: nic.mac, address: nic.address, segment, model, ...pluggedOf(spec) };
}

/** Foreign keys ensure its presence. */
function required<Value>(values: ReadonlyMap<string, Value>, id: string): Value {
  const value = values.get(id);
  if (value === undefined) throw new Error(`no row ${id}, although another refers to it`);
  return value;
}
