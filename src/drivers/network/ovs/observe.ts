/** Judges the state that was read of a node: its ports and routers, and whether they are as planned. */
import { asCroftError } from '../../../model/error.ts';
import { planHash, type RouterPlan } from '../../../model/node/plan.ts';
import { dnsmasqFiles, type Lease, parseLeases, settingsPath } from '../../../tools/dnsmasq.ts';
import { noQueue } from '../../../tools/tc.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import type { ObservedNetwork, ObservedPort, ObservedRouter } from '../driver.ts';
import {
  gatewayName,
  readInterfaceAlias,
  routerPortName,
  sliceOfName,
  sliceTableName,
  tapName,
  transitInside,
  transitName,
} from '../names.ts';
import { hasInternet, planFile, prefixOf, routerPlanForm, transitAddresses } from '../router/plan-file.ts';
import { observedTrunk } from '../underlay-record.ts';
import { guestPortFlowCount, portCookie, trustedPortFlowCount } from './flows.ts';
import { bridgeOf, interfaceOf, type NamespaceState, type NetworkState, ownPorts, routersFolder } from './state.ts';
import { trunkFaults } from './trunk.ts';

/** Pure: judges all objects of this controller on the node. */
export function judgeNetwork(layout: NodeLayout, state: NetworkState): ObservedNetwork {
  return {
    underlay: observedTrunk(state.underlay, (plan) => trunkFaults(layout, state, plan)),
    ports: judgePorts(layout, state),
    routers: [...routersPresent(layout, state)].sort().map((sliceId) => judgeRouter(layout, state, sliceId)),
  };
}

/** Ports are found by Open vSwitch's labels and by taps: half a port is a port too, and not healthy. */
function judgePorts(layout: NodeLayout, state: NetworkState): ObservedPort[] {
  const ports = new Map<string, ObservedPort>();
  for (const port of ownPorts(state, layout.controllerId)) {
    const { 'croft-vm': vmId, 'croft-nic': nicId, 'croft-kind': kind, 'croft-segment': segment, 'croft-hash': hash = null } = port.labels;
    if (kind !== 'port' || vmId === undefined || nicId === undefined || port.name !== tapName(nicId)) continue;
    const impaired = (state.queues.get(port.name) ?? noQueue) === (port.labels['croft-queue'] ?? noQueue);
    const sound = isPortSound(layout, state, port.name, Number(segment), guestPortFlowCount);
    const healthy = sound && impaired && isLabelledTap(layout, state, port.name);
    ports.set(port.name, { name: port.name, vmId, nicId, healthy, hash });
  }
  for (const link of state.links) {
    const label = readInterfaceAlias(layout.controllerId, link.alias);
    if (label?.kind !== 'port' || ports.has(link.name) || link.name !== tapName(label.nicId)) continue;
    ports.set(link.name, { name: link.name, vmId: label.vmId, nicId: label.nicId, healthy: false, hash: null });
  }
  return [...ports.values()];
}

function isLabelledTap(layout: NodeLayout, state: NetworkState, name: string): boolean {
  return state.links.some(
    (link) => link.name === name && link.kind === 'tun' && readInterfaceAlias(layout.controllerId, link.alias) !== null,
  );
}

/** On the right bridge with its tag and its flows, and its interface up. */
function isPortSound(layout: NodeLayout, state: NetworkState, name: string, segment: number, flowCount: number): boolean {
  const port = ownPorts(state, layout.controllerId).find((one) => one.name === name);
  if (port === undefined || port.tag !== segment || bridgeOf(state, port)?.name !== layout.bridge) return false;
  const ofport = interfaceOf(state, port)?.ofport ?? 0;
  const cookie = portCookie(layout.controllerId, name);
  const flows = state.flows.filter((flow) => flow.cookie === cookie);
  const filtered = flows.length === flowCount && flows.every((flow) => flow.port === ofport);
  return ofport > 0 && filtered && state.links.some((link) => link.name === name && link.up);
}

/** Every slice with any trace of a router. */
export function routersPresent(layout: NodeLayout, state: NetworkState): Set<string> {
  const { controllerId } = layout;
  const slices = new Set<string>([...state.namespaces.keys()]);
  for (const path of state.files.keys()) slices.add(path.split('/')[0] as string);
  for (const table of state.tables) {
    const sliceId = sliceOfName(controllerId, table.replace(/^\S+ /, ''));
    if (sliceId !== null) slices.add(sliceId);
  }
  for (const link of state.links) {
    const label = readInterfaceAlias(controllerId, link.alias);
    if (label !== null && label.kind !== 'port') slices.add(label.sliceId);
  }
  for (const port of ownPorts(state, controllerId)) {
    const sliceId = port.labels['croft-slice'];
    if (sliceId !== undefined) slices.add(sliceId);
  }
  return slices;
}

function judgeRouter(layout: NodeLayout, state: NetworkState, sliceId: string): ObservedRouter {
  const plan = readPlan(state.files.get(`${sliceId}/${planFile}`), sliceId);
  const faults = typeof plan === 'string' ? [plan] : routerFaults(layout, state, plan);
  const hash = typeof plan === 'string' ? null : planHash(plan);
  return { sliceId, healthy: faults.length === 0, faults, hash, leases: leasesOf(state, sliceId) };
}

/** The plan that the router was made from, or why that is not known: it is recreated then, since a router holds no data. */
function readPlan(text: string | undefined, sliceId: string): RouterPlan | string {
  if (text === undefined) return 'it is not complete';
  try {
    return routerPlanForm.read(text, `slice ${sliceId}`);
  } catch (thrown) {
    return asCroftError(thrown).message;
  }
}

function leasesOf(state: NetworkState, sliceId: string): Lease[] {
  return [...state.files].flatMap(([path, text]) => {
    const [slice, , file] = path.split('/');
    return slice === sliceId && file === dnsmasqFiles.leases ? parseLeases(text) : [];
  });
}

function routerFaults(layout: NodeLayout, state: NetworkState, plan: RouterPlan): string[] {
  const namespace = state.namespaces.get(plan.sliceId);
  if (namespace === undefined || !namespace.alive) return ['its namespace is gone'];
  const faults = plan.networks.flatMap((network) => networkFaults(layout, state, namespace, plan.sliceId, network));
  if (!namespace.tables.includes(`ip ${sliceTableName(layout.controllerId, plan.sliceId)}`)) faults.push('its packet filter is gone');
  if (hasInternet(plan)) faults.push(...transitFaults(layout, state, namespace, plan));
  return faults;
}

function networkFaults(
  layout: NodeLayout,
  state: NetworkState,
  namespace: NamespaceState,
  sliceId: string,
  network: RouterPlan['networks'][number],
): string[] {
  const faults: string[] = [];
  const inside = namespace.links.find((link) => link.name === gatewayName(network.networkId));
  const address = `${network.gateway}/${prefixOf(network.cidr)}`;
  if (!inside?.up || !inside.addresses.includes(address)) faults.push(`network ${network.name} has no gateway ${address}`);
  if (!isPortSound(layout, state, routerPortName(network.networkId), network.segment, trustedPortFlowCount)) {
    faults.push(`network ${network.name} is not joined to bridge ${layout.bridge}`);
  }
  if (!isDnsmasqAlive(state, routersFolder(layout), `${sliceId}/${network.networkId}`)) {
    faults.push(`dnsmasq of network ${network.name} does not run`);
  }
  return faults;
}

/** Whether the pidfile in the folder names a process that was started with that folder's settings. */
export function isDnsmasqAlive(state: NetworkState, routers: string, folder: string): boolean {
  const pid = Number(state.files.get(`${folder}/${dnsmasqFiles.pid}`));
  return (
    state.processes
      .get(pid)
      ?.split(' ')
      .includes(`--conf-file=${settingsPath(`${routers}/${folder}`)}`) ?? false
  );
}

function transitFaults(layout: NodeLayout, state: NetworkState, namespace: NamespaceState, plan: RouterPlan): string[] {
  const { node, router } = transitAddresses(plan);
  const faults: string[] = [];
  const outside = state.links.find((link) => link.name === transitName(plan.sliceId));
  const inside = namespace.links.find((link) => link.name === transitInside);
  const joined =
    outside?.up &&
    outside.addresses.includes(`${node}/30`) &&
    inside?.up &&
    inside.addresses.includes(`${router}/30`) &&
    namespace.defaultGateway === node;
  if (!joined) faults.push('its link to the node is not whole');
  if (!state.tables.includes(`ip ${sliceTableName(layout.controllerId, plan.sliceId)}`))
    faults.push('its address translation on the node is gone');
  if (!state.forwarding || !namespace.forwarding) faults.push('IP forwarding is off');
  return faults;
}
