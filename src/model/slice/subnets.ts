/** Gives each network of a slice its subnet and gateway, and checks given ones. */
import type { InputIssues, InputPath } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import {
  formatAddress,
  formatSubnet,
  isUsable,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
  subnetOf,
  usableAddresses,
} from '../network/ipv4.ts';
import type { NetworkDraft, VmDraft } from './draft.ts';
import type { NetworkSpec } from './slice.ts';

export interface SubnetPlan {
  subnet: Subnet;
  gateway: number;
}

export interface SubnetContext {
  /** The present networks: a network that names no subnet keeps its own. */
  previous: readonly NetworkSpec[];
  /** A range that Croft itself uses, such as the transit networks' 100.64.0.0/10. */
  reserved: string;
}

const mostNetworks = 500;

/** Networks with an invalid subnet are missing in the result; their issues say why. */
export function planSubnets(
  networks: readonly NetworkDraft[],
  vms: readonly VmDraft[],
  context: SubnetContext,
  issues: InputIssues,
): Map<string, SubnetPlan> {
  if (networks.length > mostNetworks) {
    issues.add(['networks'], `a slice has at most ${mostNetworks} networks, these are ${networks.length}`);
    return new Map();
  }
  const taken = new Map<string, Subnet>();
  const refused = refusedRanges(context.reserved);
  for (const network of networks) {
    if (network.fields.cidr !== undefined) takeGiven(network, network.fields.cidr, taken, refused, issues);
  }
  const open = networks.filter((network) => network.fields.cidr === undefined);
  for (const { name } of open) keepPrevious(name, context.previous, taken, refused);
  for (const network of open) if (!taken.has(network.name)) takeLowest(network, taken, refused, issues);
  checkRoom(networks, vms, taken, issues);
  return withGateways(networks, taken, issues);
}

interface RefusedRange {
  subnet: Subnet;
  reason: string;
}

function refusedRanges(reserved: string): RefusedRange[] {
  const ranges: [string, string][] = [
    ['0.0.0.0/8', 'means "this network"'],
    ['127.0.0.0/8', 'is loopback'],
    ['169.254.0.0/16', 'is link-local'],
    ['224.0.0.0/4', 'is multicast'],
    ['240.0.0.0/4', 'is reserved'],
    [reserved, 'is used by Croft between routers and nodes'],
  ];
  return ranges.flatMap(([text, reason]) => {
    const subnet = parseSubnet(text);
    return subnet === null ? [] : [{ subnet, reason }];
  });
}

function takeGiven(
  network: NetworkDraft,
  cidr: string,
  taken: Map<string, Subnet>,
  refused: readonly RefusedRange[],
  issues: InputIssues,
): void {
  const path = [...network.path, 'cidr'];
  const subnet = parseSubnet(cidr);
  if (subnet === null) {
    issues.add(path, `${quoted(cidr)} is not an IPv4 subnet such as 192.168.50.0/24`);
    return;
  }
  const problem = subnetProblem(cidr, subnet, taken, refused);
  if (problem === null) taken.set(network.name, subnet);
  else issues.add(path, problem);
}

function subnetProblem(cidr: string, subnet: Subnet, taken: ReadonlyMap<string, Subnet>, refused: readonly RefusedRange[]): string | null {
  if (formatSubnet(subnet) !== cidr) return `${cidr} is an address inside its subnet: the subnet is ${formatSubnet(subnet)}`;
  if (subnet.prefix < 8 || subnet.prefix > 29) return `the prefix /${subnet.prefix} is not between /8 and /29`;
  const special = refused.find((range) => overlaps(range.subnet, subnet));
  if (special !== undefined) return `${cidr} overlaps ${formatSubnet(special.subnet)}, which ${special.reason}`;
  for (const [name, other] of taken) if (overlaps(other, subnet)) return `${cidr} overlaps ${formatSubnet(other)} of network ${name}`;
  return null;
}

function isFree(subnet: Subnet, taken: ReadonlyMap<string, Subnet>, refused: readonly RefusedRange[]): boolean {
  return ![...taken.values(), ...refused.map((range) => range.subnet)].some((other) => overlaps(other, subnet));
}

function keepPrevious(name: string, previous: readonly NetworkSpec[], taken: Map<string, Subnet>, refused: readonly RefusedRange[]): void {
  const before = parseSubnet(previous.find((network) => network.name === name)?.cidr ?? '');
  if (before !== null && isFree(before, taken, refused)) taken.set(name, before);
}

function takeLowest(network: NetworkDraft, taken: Map<string, Subnet>, refused: readonly RefusedRange[], issues: InputIssues): void {
  const first = parseAddress('192.168.0.0') ?? 0;
  for (let number = 1; number <= 255; number += 1) {
    const subnet = subnetOf(first + number * 256, 24);
    if (isFree(subnet, taken, refused)) {
      taken.set(network.name, subnet);
      return;
    }
  }
  issues.add(network.path, 'no 192.168.N.0/24 is left for it: give it a cidr');
}

function checkRoom(
  networks: readonly NetworkDraft[],
  vms: readonly VmDraft[],
  taken: ReadonlyMap<string, Subnet>,
  issues: InputIssues,
): void {
  const needed = new Map<string, number>();
  for (const vm of vms) for (const nic of vm.nics) needed.set(nic.network, (needed.get(nic.network) ?? 0) + 1);
  for (const network of networks) {
    const subnet = taken.get(network.name);
    if (subnet === undefined) continue;
    const needs = (needed.get(network.name) ?? 0) + 1;
    const has = usableAddresses(subnet);
    if (needs > has) {
      const path: InputPath = network.fields.cidr === undefined ? network.path : [...network.path, 'cidr'];
      issues.add(
        path,
        `${formatSubnet(subnet)} is too small: it has ${has} usable addresses and needs ${needs}, one of them for the gateway`,
      );
    }
  }
}

function withGateways(networks: readonly NetworkDraft[], taken: ReadonlyMap<string, Subnet>, issues: InputIssues): Map<string, SubnetPlan> {
  const plans = new Map<string, SubnetPlan>();
  for (const { name, path, fields } of networks) {
    const subnet = taken.get(name);
    if (subnet === undefined) continue;
    const gateway = fields.gateway === undefined ? subnet.base + 1 : parseAddress(fields.gateway);
    if (gateway === null) issues.add([...path, 'gateway'], `${quoted(fields.gateway ?? '')} is not an IPv4 address`);
    else if (!isUsable(subnet, gateway))
      issues.add([...path, 'gateway'], `${formatAddress(gateway)} is not a usable address of ${formatSubnet(subnet)}`);
    else plans.set(name, { subnet, gateway });
  }
  return plans;
}
