/** The parts by which a controller works on simulated nodes: in-memory drivers, images without files. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeLayout } from '../../drivers/hypervisor/driver.ts';
import { createNoopHypervisor } from '../../drivers/hypervisor/noop/noop.ts';
import { createNoopNetworkDriver } from '../../drivers/network/noop/noop.ts';
import { createSimulatedHost } from '../../host/simulated-host.ts';
import type { ImageDelivery } from '../../images/spread/deliver.ts';
import type { ImagePlace } from '../../images/spread/node-images.ts';
import type { NodeInspection } from '../../loops/node/connection.ts';
import { CroftError } from '../../model/error.ts';
import { architectures, firmwares } from '../../model/image/definition.ts';
import type { ImageContent } from '../../model/image/image.ts';
import { hypervisorNames } from '../../model/node/hypervisor.ts';
import type { NodeSpecs } from '../../model/node/node.ts';
import { gibibyte } from '../../model/vm/flavor.ts';
import { hypervisorChecks } from '../hypervisor-checks.ts';
import type { Infrastructure, InfrastructureOptions } from '../infrastructure.ts';
import { faultsOf } from './faults.ts';
import type { Simulation } from './simulation.ts';

export function simulatedInfrastructure(
  simulation: Simulation,
  { controllerId, now }: Pick<InfrastructureOptions, 'controllerId' | 'now'>,
): Infrastructure {
  const hypervisor = createNoopHypervisor({ faults: faultsOf(simulation), now, sleep: pause });
  const network = createNoopNetworkDriver({ now });
  return {
    hosts: {
      reach: ({ name, bridge, uplink, stateFolder, runFolder }) => ({
        host: createSimulatedHost(name, simulation.delay),
        layout: { controllerId, stateFolder, runFolder, bridge, uplink },
      }),
      pin: refuseReal,
      hostKey: refuseReal,
    },
    images: imagesInMemory(),
    hypervisorOf: () => hypervisor,
    networkOf: () => network,
    inspection: inspectionOf(simulation, `simulated since ${now()}`),
    doctor: {
      examine: async () => [
        { name: 'simulated', ok: true, detail: 'it exists in the memory of the controller only', fix: null },
        ...hypervisorChecks({ name: 'simulated', can: hypervisor.can }, { usable: true, version: 'in memory', limits: [] }, null),
      ],
      treat: async () => undefined,
    },
    fetcher: {
      fetch: async ({ name }) => ({ ...simulatedContent(name), source: `simulated:${name}`, failures: [] }),
      discard: async () => 0,
    },
  };
}

async function refuseReal(): Promise<never> {
  throw new CroftError('unsupported', 'this controller simulates its nodes, and has no real ones', {
    hint: 'Start another controller without --simulate, on a home and a database of its own.',
  });
}

/** The content of an image that has no file: equal names have equal content. */
export function simulatedContent(name: string): ImageContent {
  const sha256 = createHash('sha256').update(`simulated ${name}`).digest('hex');
  return { sha256, format: 'raw', size: gibibyte, virtualSize: gibibyte };
}

/** By the node's state folder. */
function imagesInMemory(): ImageDelivery {
  const present = new Map<string, Set<string>>();
  const on = ({ stateFolder }: ImagePlace | NodeLayout): Set<string> => {
    const known = present.get(stateFolder) ?? new Set();
    present.set(stateFolder, known);
    return known;
  };
  return {
    ensure: async (_host, place, { sha256, size }, onProgress) => {
      on(place).add(sha256);
      onProgress?.(size, size);
    },
    observe: (_host, place) => ({ command: { argv: ['true'] }, parse: () => [...on(place)].sort() }),
    async collect(_host, place, keep, { dryRun = false } = {}) {
      const images = [...on(place)].filter((sha256) => !keep.includes(sha256));
      if (!dryRun) for (const sha256 of images) on(place).delete(sha256);
      return { images, bytes: 0 };
    },
    verifyOnNode: async (_host, place, { sha256 }) => ({ state: on(place).has(sha256) ? 'ok' : 'absent' }),
    giveUp: () => undefined,
    withdraw: async () => undefined,
  };
}

/** A node's inspection and vitals: always healthy, and the same after each pass. */
function inspectionOf({ cpus, memory, disk }: Simulation, bootId: string): NodeInspection {
  const vitals = { bootId, memory, memoryAvailable: memory, disk, diskFree: disk, diskForeign: 0, load: 0 };
  const specs: NodeSpecs = {
    ...vitals,
    ...{ architecture: architectures[0], kernel: 'simulated', operatingSystem: 'simulated', cpus },
    accelerator: { kind: 'tcg', reason: 'simulated' },
    ...{ tools: {}, firmwares: [...firmwares], hypervisors: [...hypervisorNames], datapath: 'netdev' },
  };
  return {
    inspect: async () => specs,
    vitals: () => ({ command: { argv: ['true'] }, parse: () => vitals }),
  };
}
