/** The slice that is deployed and edited while its controller is killed, and what the hosts have of it then. */
import type { SliceView } from '../../src/model/slice/view.ts';
import type { Found } from './killed-controller-hosts.ts';

const template = { image: 'tiny', cpus: 1 };
export const first = {
  slice: 'shop',
  template,
  networks: { lan: { internet: true }, back: {} },
  vms: { a: { memory: '32MiB', nics: ['lan', 'back'] }, b: { memory: '32MiB', nics: ['lan', 'back'] } },
};
/** A VM more, a network less and another one: b changes its NIC while it runs; the new seed of a restarts a. */
export const edited = {
  slice: 'shop',
  template,
  networks: { lan: { internet: true }, front: {} },
  vms: {
    a: { memory: '48MiB', nics: ['lan'], userData: '#!/bin/sh\n' },
    b: { memory: '32MiB', nics: ['lan', 'front'] },
    c: { memory: '32MiB', nics: ['lan'] },
  },
};
export type SliceInput = { networks: Record<string, object>; vms: Record<string, { memory: string; nics: string[] }> };

/** What was found of a slice, with the names of its VMs. */
export function inWords(found: Found, names: ReadonlyMap<string, string>) {
  const named = (id: string) => names.get(id) ?? id;
  return {
    guests: found.guests.map(({ vmId, memory, isAsRecorded, tags }) => ({ name: named(vmId), memory, isAsRecorded, tags })).sort(byName),
    routers: found.routers.map(({ namespace, dnsmasqs, addresses }) => ({ namespace, dnsmasqs, addresses: addresses.length })),
    folders: found.folders.map(named).sort(),
    strayPorts: found.strayPorts.map(named),
  };
}

/** What is to be found of the slice that the controller shows so; `tags` are the segments of its networks by name. */
export function expected({ vms, networks }: SliceInput, tags: ReadonlyMap<string, number>, controllerId: string, view: SliceView) {
  const count = Object.keys(networks).length;
  return {
    guests: Object.entries(vms)
      .map(([name, { memory, nics }]) => ({
        ...{ name, memory: Number.parseInt(memory, 10), isAsRecorded: true },
        tags: nics.map((network) => tags.get(network)).sort(),
      }))
      .sort(byName),
    routers: [
      {
        namespace: `croft-${controllerId}-${view.id}`,
        dnsmasqs: count,
        addresses: count + (view.networks.some(({ internet }) => internet) ? 1 : 0),
      },
    ],
    folders: Object.keys(vms).sort(),
    strayPorts: [],
  };
}

const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
