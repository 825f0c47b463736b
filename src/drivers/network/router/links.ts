/** The links of a router: a port of the bridge for each network, and the transit link to its node. */
import type { Call } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { RouterNetworkPlan, RouterPlan } from '../../../model/node/plan.ts';
import { fullChecksums } from '../../../tools/ethtool.ts';
import { addNamespace, changeLinks, deleteNamespace, insideNamespace, type Link } from '../../../tools/ip.ts';
import { makeForwarder } from '../../../tools/ip-forward.ts';
import { changeFlows } from '../../../tools/ovs-ofctl.ts';
import { changeOvs, labelWords } from '../../../tools/ovs-vsctl.ts';
import type { NodeAbilities, NodeLayout } from '../../hypervisor/driver.ts';
import {
  gatewayMac,
  gatewayName,
  interfaceAlias,
  namespaceName,
  readInterfaceAlias,
  routerPortName,
  transitInside,
  transitName,
} from '../names.ts';
import { portGroup } from '../ovs/bridge.ts';
import { trustedPortFlows } from '../ovs/flows.ts';
import { placePort, takeOff } from '../ovs/ports.ts';
import { controllerLabel, type NamespaceState, type NetworkState } from '../ovs/state.ts';
import { hasInternet, prefixOf, transitAddresses } from './plan-file.ts';

/** Rejects a plan where a foreign object has one of its interface names. */
export function demandOwnNames(layout: NodeLayout, state: NetworkState, plan: RouterPlan): void {
  const names = new Set([transitName(plan.sliceId), ...plan.networks.map((network) => routerPortName(network.networkId))]);
  for (const link of state.links) {
    if (!names.has(link.name) || readInterfaceAlias(layout.controllerId, link.alias) !== null) continue;
    // Created and not yet labelled when Croft was killed: its other end is in the router's namespace.
    if (link.alias === '' && link.kind === 'veth' && state.namespaces.has(plan.sliceId)) continue;
    throw taken('interface', link.name, `ip link delete ${link.name}`);
  }
  for (const port of state.ovs.ports) {
    if (!names.has(port.name) || port.labels[controllerLabel] === layout.controllerId) continue;
    throw taken('Open vSwitch port', port.name, `ovs-vsctl del-port ${port.name}`);
  }
}

function taken(kind: string, name: string, command: string): CroftError {
  return new CroftError('network.router', `${kind} ${name} exists already and does not belong to this controller`, {
    hint: `Look at what uses it and remove it ("${command}"); Croft makes a new one then.`,
  });
}

/** Creates namespace, links, addresses, ports and flows as planned; correct parts are left as they are. */
export function linkCalls(layout: NodeLayout, abilities: NodeAbilities, state: NetworkState, plan: RouterPlan): Call<void>[] {
  const namespace = namespaceName(layout.controllerId, plan.sliceId);
  const seen = state.namespaces.get(plan.sliceId);
  const inside = (command: Parameters<typeof insideNamespace>[1]) => insideNamespace(namespace, command);
  const what = `links of router ${namespace} could not be made`;
  const ports = plan.networks.map((network) => routerPortName(network.networkId));
  const calls: Call<void>[] = [];
  if (seen?.alive === false) calls.push(deleteNamespace(namespace));
  if (!seen?.alive) calls.push(addNamespace(namespace));
  calls.push(makeForwarder(inside));
  const broken = plan.networks.filter(
    (network) => !isPairWhole(state.links, seen, routerPortName(network.networkId), gatewayName(network.networkId)),
  );
  calls.push(
    ...takeOff(
      'network.router',
      what,
      state,
      broken.map((network) => routerPortName(network.networkId)),
    ),
  );
  calls.push(changeLinks('network.router', what, nodeLinkLines(layout, state, plan)));
  calls.push(changeLinks('network.router', what, insideLinkLines(seen, plan), namespace));
  if (abilities.datapath === 'netdev') {
    for (const network of plan.networks) {
      calls.push(fullChecksums(routerPortName(network.networkId)), fullChecksums(gatewayName(network.networkId), inside));
    }
  }
  if (ports.length > 0) {
    const changes = plan.networks.flatMap((network) => portChanges(layout, state, plan.sliceId, network));
    const flows = ports.flatMap((name) => trustedPortFlows(layout.controllerId, name));
    calls.push(changeOvs('network.router', what, changes), changeFlows('network.router', what, layout.bridge, flows));
    calls.push(changeLinks('network.router', what, plan.networks.map(announcement), namespace));
  }
  return calls;
}

/**
 * Setting a MAC, even to the same value, makes the kernel announce the gateway's address (arp_notify). The bridges of all nodes learn
 * from it where the gateway is now; without it they would send to the node that the router moved away from.
 */
function announcement({ networkId }: RouterNetworkPlan): string {
  return `link set dev ${gatewayName(networkId)} address ${gatewayMac(networkId)}`;
}

function portChanges(layout: NodeLayout, state: NetworkState, sliceId: string, network: RouterNetworkPlan): string[][] {
  const name = routerPortName(network.networkId);
  const labels = labelWords({
    [controllerLabel]: layout.controllerId,
    'croft-kind': 'router',
    'croft-slice': sliceId,
    'croft-network': network.networkId,
  });
  return [...placePort(layout, state, name), ['set', 'Port', name, `tag=${network.segment}`, ...labels]];
}

function nodeLinkLines(layout: NodeLayout, state: NetworkState, plan: RouterPlan): string[] {
  const namespace = namespaceName(layout.controllerId, plan.sliceId);
  const seen = state.namespaces.get(plan.sliceId);
  const lines = plan.networks.flatMap((network) => {
    const name = routerPortName(network.networkId);
    const alias = interfaceAlias(layout.controllerId, { kind: 'router', sliceId: plan.sliceId, networkId: network.networkId });
    return [
      ...pairLines(state.links, seen, name, gatewayName(network.networkId), namespace),
      `link set dev ${name} alias ${alias} group ${portGroup} arp off addrgenmode none up`,
    ];
  });
  if (!hasInternet(plan)) return lines;
  const { node, interfaceName } = transitAddresses(plan);
  const alias = interfaceAlias(layout.controllerId, { kind: 'transit', sliceId: plan.sliceId });
  return [
    ...lines,
    ...pairLines(state.links, seen, interfaceName, transitInside, namespace),
    `link set dev ${interfaceName} alias ${alias} addrgenmode none up`,
    ...addressLines(state.links, interfaceName, `${node}/30`),
  ];
}

function isPairWhole(links: readonly Link[], seen: NamespaceState | undefined, outside: string, inside: string): boolean {
  return links.some((link) => link.name === outside) && (seen?.links.some((link) => link.name === inside) ?? false);
}

/** A veth pair with one end on the node and one in the router; both ends or none exist, otherwise the pair is recreated. */
function pairLines(links: readonly Link[], seen: NamespaceState | undefined, outside: string, inside: string, namespace: string): string[] {
  const present = links.some((link) => link.name === outside);
  if (isPairWhole(links, seen, outside, inside)) return [];
  return [...(present ? [`link delete dev ${outside}`] : []), `link add name ${outside} type veth peer name ${inside} netns ${namespace}`];
}

function insideLinkLines(seen: NamespaceState | undefined, plan: RouterPlan): string[] {
  const lines = ['link set dev lo up'];
  const links = seen?.links ?? [];
  for (const network of plan.networks) {
    const name = gatewayName(network.networkId);
    lines.push(
      `link set dev ${name} address ${gatewayMac(network.networkId)} up`,
      ...addressLines(links, name, `${network.gateway}/${prefixOf(network.cidr)}`),
    );
  }
  if (!hasInternet(plan)) return lines;
  const { node, router } = transitAddresses(plan);
  return [
    ...lines,
    `link set dev ${transitInside} up`,
    ...addressLines(links, transitInside, `${router}/30`),
    `route replace default via ${node}`,
  ];
}

/** Gives an interface this address and no other. */
function addressLines(links: readonly Link[], name: string, address: string): string[] {
  const former = links.find((link) => link.name === name)?.addresses.filter((one) => one !== address) ?? [];
  return [`address replace ${address} dev ${name}`, ...former.map((one) => `address delete ${one} dev ${name}`)];
}
