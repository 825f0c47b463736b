/** The parts by which a controller works on nodes, and fetches images: these are the parts for real nodes. */
import type { Host } from '../host/host.ts';
import { createImageFetcher, type ImageFetcher } from '../images/fetch/fetch.ts';
import type { ImageLibrary } from '../images/library/library.ts';
import { seedOf } from '../images/seeds/seed.ts';
import { createImageDelivery, type ImageDelivery, type ImageDeliveryOptions } from '../images/spread/deliver.ts';
import type { NodeInspection } from '../loops/node/connection.ts';
import type { Doctor, NodeGatewayOptions } from '../loops/node/gateway.ts';
import { Hosts } from './hosts.ts';
import { createHypervisors } from './hypervisors.ts';
import { ensureServeKey } from './key.ts';
import { createNetworks } from './networks.ts';
import { createDoctor } from './node-doctor.ts';
import { createNodeInspection } from './node-inspection.ts';
import type { ControllerOptions } from './options.ts';

export interface Infrastructure {
  hosts: NodeGatewayOptions['hosts'];
  images: ImageDelivery;
  hypervisorOf: ReturnType<typeof createHypervisors>;
  networkOf: ReturnType<typeof createNetworks>;
  inspection: NodeInspection;
  doctor: Doctor;
  fetcher: ImageFetcher;
}

export interface InfrastructureOptions {
  controllerId: string;
  controller: ControllerOptions;
  /** Path of an ssh-agent's socket. */
  agent: string | null;
  library: ImageLibrary;
  damaged: NonNullable<ImageDeliveryOptions['damaged']>;
  now: () => number;
}

export async function realInfrastructure({
  controllerId,
  controller,
  agent,
  library,
  damaged,
  now,
}: InfrastructureOptions): Promise<Infrastructure> {
  const { home, proxies } = controller;
  const hosts = new Hosts({ controllerId, defaultKey: home.key, agent });
  const hypervisorOf = createHypervisors({ seedOf: (vm) => seedOf(vm, home.seeds) });
  return {
    hosts,
    images: createImageDelivery({
      library,
      isLocal: (host: Host) => hosts.isLocal(host),
      peers: { routeOf: (host) => hosts.routeOf(host), key: await ensureServeKey(home.serveKey, controllerId) },
      damaged,
    }),
    hypervisorOf,
    networkOf: createNetworks(),
    inspection: createNodeInspection(hypervisorOf),
    doctor: createDoctor(hypervisorOf),
    fetcher: createImageFetcher({ library, folder: home.downloads, proxies, now }),
  };
}
