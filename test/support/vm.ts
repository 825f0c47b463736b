/** VMs for tests: a test says what it is about, the rest follows from the table of fields. */

import { pluggedOf } from '../../src/model/network/fields.ts';
import type { LaunchImage, PortPlan, VmLaunch, WantedVm } from '../../src/model/node/plan.ts';
import type { NicSpec } from '../../src/model/vm/devices.ts';
import { launchedOf, type VmSpec, vmSpecSchema } from '../../src/model/vm/fields.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { unobserved, type Vm } from '../../src/model/vm/vm.ts';
import { networkSpec } from './network.ts';

/** Of 1 CPU and 256 MiB, without NICs. */
export function vmSpec(rest: Partial<VmSpec> = {}): VmSpec {
  return { ...vmSpecSchema.parse({ name: 'web', image: 'micro', cpus: 1, memory: 256 * mebibyte, nics: [] }), ...rest };
}

export function nicSpec(network: string, rest: Partial<NicSpec> = {}): NicSpec {
  return { name: 'eth0', network, model: 'virtio', address: null, mac: null, ...rest };
}

export function launchImage(rest: Partial<LaunchImage> = {}): LaunchImage {
  return { id: 'i', sha256: 'f'.repeat(64), format: 'raw', size: 1, ...rest };
}

/** Of 1 CPU and 1 byte, without NICs and volumes. */
export function launch(rest: Partial<VmLaunch> = {}): VmLaunch {
  return {
    ...{ id: 'aaaaaaaaaaaaaaaa', hostname: 'guest', ...launchedOf(vmSpec({ memory: 1 })) },
    ...{ image: launchImage(), firmware: 'bios', volumes: [], ports: [], boot: 0 },
    ...rest,
  };
}

/** To run, of generation 1. */
export function wantedVm(rest: Partial<WantedVm> = {}): WantedVm {
  return {
    ...{ launch: launch(), label: 's/guest', desired: 'running', generation: 1, settled: false, missingImages: [], movingTo: null },
    ...{ restart: 'on-failure', restarts: 0, restartAt: null, launchRetry: null, changeRetry: null, diskRetry: null },
    ...rest,
  };
}

/** A NIC of the VM that `launch` makes. */
export function port(rest: Partial<PortPlan> = {}): PortPlan {
  return {
    ...{ nicId: 'n1', vmId: 'aaaaaaaaaaaaaaaa', mac: '02:00:00:00:00:01', address: '10.0.0.2', segment: 7, model: 'virtio' },
    ...pluggedOf(networkSpec()),
    ...rest,
  };
}

/** As stored: the VM is to run, was never observed, and has no NICs. */
export function vm(rest: Partial<Vm> = {}): Vm {
  const spec = rest.spec ?? vmSpec();
  return {
    ...{ id: 'v', sliceId: 's', slice: 'shop', name: spec.name, spec, desired: 'running', generation: 1, boot: 0, imageId: 'i' },
    ...{ nodeId: 'n', pendingReason: null, movingTo: null, stayReason: null, observed: unobserved, nics: [], volumes: [], createdAt: 0 },
    ...rest,
  };
}
