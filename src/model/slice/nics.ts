/** Checks the NICs of a slice's VMs against its networks and against each other. */
import { type InputIssues, unknownName } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import { formatAddress, formatSubnet, isUsable, parseAddress } from '../network/ipv4.ts';
import type { NicSpec } from '../vm/devices.ts';
import type { NetworkDraft, NicDraft, VmDraft } from './draft.ts';
import type { SubnetPlan } from './subnets.ts';

const mostNics = 8;

/** Finds addresses and MACs given twice, so one instance serves all VMs of a slice. */
export class NicChecker {
  readonly #networks: readonly string[];
  readonly #subnets: ReadonlyMap<string, SubnetPlan>;
  readonly #issues: InputIssues;
  /** Address or MAC → the NIC that has it. */
  readonly #owners = new Map<string, string>();

  constructor(networks: readonly NetworkDraft[], subnets: ReadonlyMap<string, SubnetPlan>, issues: InputIssues) {
    this.#networks = networks.map((network) => network.name);
    this.#subnets = subnets;
    this.#issues = issues;
  }

  nicsOf(vm: VmDraft): NicSpec[] {
    if (vm.nics.length > mostNics)
      this.#issues.add(vm.pathOf('nics'), `a VM has at most ${mostNics} NICs, VM ${vm.name} has ${vm.nics.length}`);
    const joined = new Set<string>();
    return vm.nics.map((nic, index) => {
      if (!this.#networks.includes(nic.network)) this.#issues.add(nic.path, unknownName('network', nic.network, this.#networks));
      if (joined.has(nic.network)) this.#issues.add(nic.path, `VM ${vm.name} has a NIC in network ${nic.network} already`);
      joined.add(nic.network);
      const name = `eth${index}`;
      if (nic.mac !== null) this.#checkMac(nic, nic.mac, `${vm.name}.${name}`);
      if (nic.address !== null) this.#checkAddress(nic, nic.address, `${vm.name}.${name}`);
      return { name, network: nic.network, model: nic.model, address: nic.address, mac: nic.mac };
    });
  }

  /** The lowest bit of the first byte marks a group address, IEEE 802 §8.2. */
  #checkMac(nic: NicDraft, mac: string, owner: string): void {
    const path = [...nic.path, 'mac'];
    if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1)
      this.#issues.add(path, `${mac} is a multicast address: a NIC needs a unicast one`);
    else if (mac === '00:00:00:00:00:00') this.#issues.add(path, `${mac} is not an address that a NIC can have`);
    else this.#claim(mac, owner, nic, 'mac');
  }

  #checkAddress(nic: NicDraft, text: string, owner: string): void {
    const path = [...nic.path, 'address'];
    const address = parseAddress(text);
    if (address === null) {
      this.#issues.add(path, `${quoted(text)} is not an IPv4 address`);
      return;
    }
    const plan = this.#subnets.get(nic.network);
    if (plan === undefined) return;
    if (!isUsable(plan.subnet, address)) this.#issues.add(path, `${text} is not a usable address of ${formatSubnet(plan.subnet)}`);
    else if (address === plan.gateway) this.#issues.add(path, `${formatAddress(address)} is the gateway of network ${nic.network}`);
    else this.#claim(text, owner, nic, 'address');
  }

  #claim(value: string, owner: string, nic: NicDraft, field: 'address' | 'mac'): void {
    const before = this.#owners.get(value);
    if (before === undefined) this.#owners.set(value, owner);
    else this.#issues.add([...nic.path, field], `${value} is given twice, to ${before} and to ${owner}`);
  }
}
