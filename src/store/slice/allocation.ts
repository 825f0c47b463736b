/** Allocations of a commit: the lowest free numbers, and the NICs of a slice with their addresses. Pure. */
import { createHash } from 'node:crypto';
import { CroftError } from '../../model/error.ts';
import { broadcastOf, formatAddress, isUsable, parseAddress, parseSubnet, type Subnet } from '../../model/network/ipv4.ts';
import type { NetworkSpec, VmSpec } from '../../model/slice/slice.ts';
import type { NicSpec } from '../../model/vm/devices.ts';

/** The `count` lowest numbers from `first` to `last`, inclusive, that are not taken; fewer where no more are free. */
export function lowestFree(taken: ReadonlySet<number>, first: number, last: number, count: number): number[] {
  const free: number[] = [];
  for (let number = first; number <= last && free.length < count; number += 1) {
    if (!taken.has(number)) free.push(number);
  }
  return free;
}

/**
 * The `count` next free numbers behind `previous`, wrapping to `first` after `last`; fewer where no more are free. So a released number
 * rests before it is assigned again: a VM that is still stopping on some node may yet use it.
 */
export function nextFree(taken: ReadonlySet<number>, first: number, last: number, count: number, previous: number): number[] {
  const behind = lowestFree(taken, Math.max(first, previous + 1), last, count);
  return [...behind, ...lowestFree(taken, first, Math.min(previous, last), count - behind.length)];
}

/** The MAC to try at this attempt, from 0, for the NIC: locally administered, unicast, and the same at each call. */
export function macCandidate(nicId: string, attempt: number): string {
  const digest = createHash('sha256').update(`${nicId}\0${attempt}`).digest();
  return ['02', ...Array.from(digest.subarray(0, 5), (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** A network's specification with its identifier. */
interface PlannedNetwork {
  id: string;
  spec: NetworkSpec;
}

/** A NIC row as it is. */
export interface ExistingNic {
  id: string;
  vmId: string;
  networkId: string;
  name: string;
  mac: string;
  address: string;
}

/** A NIC row to be created. `id` is that of the NIC that it replaces; null is a new NIC. A null `mac` is to be chosen. */
export interface PlannedNic {
  id: string | null;
  vmId: string;
  networkId: string;
  name: string;
  mac: string | null;
  address: string;
}

interface NicPlan {
  /** Identifiers of the rows to delete first. */
  remove: string[];
  insert: PlannedNic[];
}

/** A wanted NIC: the row that it keeps, or the row that gives it identity and MAC. */
interface WantedNic {
  vmId: string;
  label: string;
  path: string;
  spec: NicSpec;
  network: PlannedNetwork;
  existing: ExistingNic | undefined;
}

/**
 * Compares the NICs of a slice with the NICs that its specification wants. A NIC is the same while its VM, its name and its network are
 * the same: then it keeps identifier, MAC and address, unless the user gives another. Addresses given by users are assigned before any
 * address is chosen; the lowest free address is chosen. Throws `input.invalid` with the path of an address that is not available, and
 * `exhausted.addresses`.
 */
export function planNics(
  existing: readonly ExistingNic[],
  vms: readonly { id: string; spec: VmSpec }[],
  networks: readonly PlannedNetwork[],
): NicPlan {
  const wanted = wantedNics(existing, vms, networks);
  const books = new Map(networks.map((network) => [network.id, new AddressBook(network.spec)]));
  const kept = wanted.filter(keeps);
  for (const nic of kept) bookOf(books, nic).take(nic, nic.existing?.address ?? '');
  const changed = wanted.filter((nic) => !keeps(nic));
  const given = changed.filter((nic) => nic.spec.address !== null);
  const chosen = changed.filter((nic) => nic.spec.address === null);
  const insert = [
    ...given.map((nic) => planned(nic, bookOf(books, nic).take(nic, nic.spec.address ?? ''))),
    ...chosen.map((nic) => planned(nic, bookOf(books, nic).keepOrChoose(nic))),
  ];
  const keptIds = new Set(kept.map((nic) => nic.existing?.id));
  return { remove: existing.filter(({ id }) => !keptIds.has(id)).map(({ id }) => id), insert };
}

function wantedNics(
  existing: readonly ExistingNic[],
  vms: readonly { id: string; spec: VmSpec }[],
  networks: readonly PlannedNetwork[],
): WantedNic[] {
  const byName = new Map(networks.map((network) => [network.spec.name, network]));
  const byIdentity = new Map(existing.map((nic) => [`${nic.vmId} ${nic.networkId} ${nic.name}`, nic]));
  return vms.flatMap(({ id, spec }) =>
    spec.nics.map((nic) => {
      const path = `vms.${spec.name}.nics.${nic.name}`;
      const network = byName.get(nic.network);
      if (network === undefined) throw invalid(`${path}.network`, `there is no network "${nic.network}" in the slice`);
      return {
        vmId: id,
        label: `${spec.name} (${nic.name})`,
        path,
        spec: nic,
        network,
        existing: byIdentity.get(`${id} ${network.id} ${nic.name}`),
      };
    }),
  );
}

/** True where the row can stay unchanged. */
function keeps({ existing, spec, network }: WantedNic): boolean {
  if (existing === undefined) return false;
  if (spec.mac !== null && spec.mac.toLowerCase() !== existing.mac) return false;
  return spec.address === null ? new HostRange(network.spec).has(parseAddress(existing.address)) : spec.address === existing.address;
}

function planned(nic: WantedNic, address: string): PlannedNic {
  const { vmId, network, spec, existing } = nic;
  return {
    id: existing?.id ?? null,
    vmId,
    networkId: network.id,
    name: spec.name,
    mac: spec.mac?.toLowerCase() ?? existing?.mac ?? null,
    address,
  };
}

function bookOf(books: ReadonlyMap<string, AddressBook>, nic: WantedNic): AddressBook {
  const book = books.get(nic.network.id);
  if (book === undefined) throw new Error(`network ${nic.network.id} has no address book`);
  return book;
}

/** The addresses that NICs of a network may have. */
class HostRange {
  readonly subnet: Subnet;
  readonly #gateway: number;

  constructor({ name, cidr, gateway }: NetworkSpec) {
    const subnet = parseSubnet(cidr);
    const address = parseAddress(gateway);
    if (subnet === null || address === null) throw invalid(`networks.${name}`, `${cidr} with gateway ${gateway} is not a subnet`);
    this.subnet = subnet;
    this.#gateway = address;
  }

  /** False for the network's own and its broadcast address, the gateway's, and those outside. */
  has(address: number | null): address is number {
    return address !== null && isUsable(this.subnet, address) && address !== this.#gateway;
  }
}

/** The assigned addresses of a network, with their NICs. */
class AddressBook {
  readonly #network: NetworkSpec;
  readonly #range: HostRange;
  readonly #holders = new Map<string, string>();
  /** No address below it is free. */
  #next: number;

  constructor(network: NetworkSpec) {
    this.#network = network;
    this.#range = new HostRange(network);
    this.#next = this.#range.subnet.base;
  }

  isFree(address: string): boolean {
    return this.#range.has(parseAddress(address)) && !this.#holders.has(address);
  }

  take(nic: WantedNic, address: string): string {
    const path = `${nic.path}.address`;
    if (!this.#range.has(parseAddress(address))) {
      throw invalid(path, `${address} is not an address that a VM can have in network "${this.#network.name}" (${this.#network.cidr})`);
    }
    const holder = this.#holders.get(address);
    if (holder !== undefined) throw invalid(path, `${address} is taken by ${holder}`);
    this.#holders.set(address, nic.label);
    return address;
  }

  /** A NIC whose row changes in other columns keeps its address where that is still possible. */
  keepOrChoose(nic: WantedNic): string {
    const former = nic.existing?.address;
    if (former !== undefined && this.isFree(former)) return this.take(nic, former);
    for (; this.#next < broadcastOf(this.#range.subnet); this.#next += 1) {
      const address = formatAddress(this.#next);
      if (this.isFree(address)) return this.take(nic, address);
    }
    throw new CroftError(
      'exhausted.addresses',
      `network "${this.#network.name}" (${this.#network.cidr}) has no free address for ${nic.label}`,
      {
        hint: 'Give the network a larger subnet, or remove VMs from it.',
      },
    );
  }
}

function invalid(path: string, message: string): CroftError {
  return new CroftError('input.invalid', `${path}: ${message}`, { issues: [{ path, message }] });
}
