/** Plans for tests of the network driver: two slices with the same subnet, and what they are made of. */
import type { NodeAbilities, NodeLayout } from '../../src/drivers/hypervisor/driver.ts';
import { shortHash } from '../../src/model/identifier.ts';
import type { PortPlan, RouterNetworkPlan, RouterPlan } from '../../src/model/node/plan.ts';
import { port as anyPort } from '../support/vm.ts';
import type { PrivateHost } from './private-host.ts';

export const abilities: NodeAbilities = {
  accelerator: { kind: 'tcg', reason: 'not measured' },
  architecture: 'x86_64',
  datapath: 'netdev',
};

export function layoutOn(on: PrivateHost, change: Partial<NodeLayout> = {}): NodeLayout {
  const controllerId = change.controllerId ?? '2abcdefg';
  return {
    controllerId,
    stateFolder: `${on.folder}/state/${controllerId}`,
    runFolder: `/run/croft/${controllerId}`,
    bridge: 'br-croft',
    uplink: null,
    ...change,
  };
}

/** A stable identifier from words. */
export function identifier(...words: string[]): string {
  return shortHash(16, ...words);
}

/** `last` is the last byte of the MAC and of the address in 10.77.0.0/24. */
export function portOf(vm: string, last: number, segment = 100): PortPlan {
  const mac = `02:00:00:00:${segment.toString(16).padStart(2, '0')}:${last.toString(16).padStart(2, '0')}`;
  return anyPort({ nicId: identifier('nic', vm), vmId: identifier('vm', vm), mac, address: `10.77.0.${last}`, segment });
}

export function networkOf(slice: string, ports: Record<string, PortPlan>, change: Partial<RouterNetworkPlan> = {}): RouterNetworkPlan {
  const names = Object.entries(ports).map(([hostname, { mac, address }]) => ({ hostname, mac, address }));
  return {
    networkId: identifier('network', slice, change.name ?? 'lan'),
    name: 'lan',
    segment: Object.values(ports)[0]?.segment ?? 100,
    cidr: '10.77.0.0/24',
    gateway: '10.77.0.1',
    internet: true,
    dhcp: true,
    leases: names,
    names: names.map(({ hostname, address }) => ({ hostname, address })),
    ...change,
  };
}

export function routerOf(slice: string, number: number, ...networks: RouterNetworkPlan[]): RouterPlan {
  return { sliceId: identifier('slice', slice), slice, transit: `10.78.0.${number * 4}/30`, networks };
}
