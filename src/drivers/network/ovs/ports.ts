/** Ports of VMs: taps on the bridge with their VLAN tag, their labels, their flows and their impairment. */
import { type Call, perform } from '../../../host/host.ts';
import { asCroftError, CroftError, type ErrorCode } from '../../../model/error.ts';
import { type PortPlan, planHash } from '../../../model/node/plan.ts';
import { changeLinks, type Link } from '../../../tools/ip.ts';
import { changeFlows } from '../../../tools/ovs-ofctl.ts';
import { changeOvs, labelWords } from '../../../tools/ovs-vsctl.ts';
import { changeQueues, impairLine, noQueue, queueOf, unimpairLines } from '../../../tools/tc.ts';
import type { NodeLayout, NodeReach } from '../../hypervisor/driver.ts';
import { vmUserId } from '../../hypervisor/vm-folder/identity.ts';
import type { PortOutcome } from '../driver.ts';
import { interfaceAlias, readInterfaceAlias, removalGroup, tapName } from '../names.ts';
import { portGroup } from './bridge.ts';
import { guestPortFlows, removalOfPortFlows } from './flows.ts';
import { bridgeOf, controllerLabel, ownPorts, type PortState, readPortState } from './state.ts';

/** See `NodeNetwork.attach`. One transaction for all VMs; where it fails, one for each VM, so that only the faulty VM fails. */
export async function attachPorts(node: NodeReach, ports: readonly PortPlan[]): Promise<PortOutcome[]> {
  if (ports.length === 0) return [];
  const { host, layout } = node;
  const [state] = await perform(host, readPortState(layout));
  const refused: PortOutcome[] = [];
  const accepted = new Map<string, PortPlan[]>();
  for (const [vmId, plans] of Map.groupBy(ports, (plan) => plan.vmId)) {
    const error = plans.map((plan) => foreignName(layout, state, plan)).find((one) => one !== null);
    if (error === undefined) accepted.set(vmId, plans);
    else refused.push({ vmId, error });
  }
  return [...refused, ...(await attachVms(node, state, accepted))];
}

async function attachVms(node: NodeReach, state: PortState, vms: Map<string, PortPlan[]>): Promise<PortOutcome[]> {
  if (vms.size === 0) return [];
  const { host, layout } = node;
  const plans = [...vms.values()].flat();
  try {
    await perform(host, ...creation(layout, host.name, state, plans));
    return [...vms.keys()].map((vmId) => ({ vmId, error: null }));
  } catch (thrown) {
    const error = asCroftError(thrown);
    if (error.code !== 'network.port') throw error;
    const names = plans.map((plan) => tapName(plan.nicId));
    const added = names.filter((name) => !state.links.some((link) => link.name === name));
    await detachPorts(node, added);
    if (vms.size === 1) return [...vms.keys()].map((vmId) => ({ vmId, error }));
    const outcomes: PortOutcome[] = [];
    for (const vm of vms) outcomes.push(...(await attachVms(node, state, new Map([vm]))));
    return outcomes;
  }
}

/** The error for a name that a foreign object has; null where the name is free or belongs to this controller. */
function foreignName(layout: NodeLayout, state: PortState, plan: PortPlan): CroftError | null {
  const name = tapName(plan.nicId);
  const link = state.links.find((one) => one.name === name);
  const port = state.ovs.ports.find((one) => one.name === name);
  const foreignLink = link !== undefined && !isOwnTap(layout, link, plan.vmId);
  const foreignPort = port !== undefined && port.labels[controllerLabel] !== layout.controllerId;
  if (!foreignLink && !foreignPort) return null;
  const kind = foreignLink ? 'interface' : 'Open vSwitch port';
  const command = foreignLink ? `ip link delete ${name}` : `ovs-vsctl del-port ${name}`;
  return new CroftError('network.port', `${kind} ${name} exists already and does not belong to this controller`, {
    hint: `Look at what uses it and remove it ("${command}"); Croft makes a new one then.`,
  });
}

/**
 * The alias names the owner; a tap that was created and not yet labelled when Croft was killed is identified by its user, which is the
 * VM's alone.
 */
function isOwnTap(layout: NodeLayout, link: Link, vmId: string): boolean {
  if (link.alias === '') return link.kind === 'tun' && link.user === vmUserId(vmId);
  return readInterfaceAlias(layout.controllerId, link.alias)?.kind === 'port';
}

function creation(layout: NodeLayout, node: string, state: PortState, plans: readonly PortPlan[]): Call<void>[] {
  const count = plans.length === 1 ? 'port' : 'ports';
  const what = `${count} ${plans.map((plan) => tapName(plan.nicId)).join(', ')} could not be made on bridge ${layout.bridge}`;
  const unusable = plans.filter((plan) => !isUsableTap(tapOf(state, plan), plan)).map((plan) => tapName(plan.nicId));
  return [
    ...takeOff('network.port', what, state, unusable),
    changeLinks(
      'network.port',
      what,
      plans.flatMap((plan) => tapLines(layout, state, plan)),
    ),
    changeOvs(
      'network.port',
      what,
      plans.flatMap((plan) => portChanges(layout, state, plan)),
    ),
    changeFlows(
      'network.port',
      what,
      layout.bridge,
      plans.flatMap((plan) => guestPortFlows(layout.controllerId, tapName(plan.nicId), plan)),
    ),
    ...impairing(node, state, plans),
  ];
}

function tapLines(layout: NodeLayout, state: PortState, plan: PortPlan): string[] {
  const name = tapName(plan.nicId);
  const user = vmUserId(plan.vmId);
  const alias = interfaceAlias(layout.controllerId, { kind: 'port', vmId: plan.vmId, nicId: plan.nicId });
  const present = tapOf(state, plan);
  const usable = isUsableTap(present, plan);
  return [
    ...(present !== undefined && !usable ? [`link delete dev ${name}`] : []),
    ...(usable ? [] : [`tuntap add dev ${name} mode tap user ${user}`]),
    `link set dev ${name} alias ${alias} group ${portGroup} arp off addrgenmode none up`,
  ];
}

function tapOf(state: PortState, plan: PortPlan): Link | undefined {
  return state.links.find((link) => link.name === tapName(plan.nicId));
}

function isUsableTap(link: Link | undefined, plan: PortPlan): boolean {
  return link?.kind === 'tun' && link.user === vmUserId(plan.vmId);
}

function portChanges(layout: NodeLayout, state: PortState, plan: PortPlan): string[][] {
  const name = tapName(plan.nicId);
  const labels = labelWords({
    [controllerLabel]: layout.controllerId,
    'croft-kind': 'port',
    'croft-vm': plan.vmId,
    'croft-nic': plan.nicId,
    'croft-segment': plan.segment,
    'croft-queue': queueOf(plan.impairment),
    'croft-hash': planHash(plan),
  });
  return [...placePort(layout, state, name), ['set', 'Port', name, `tag=${plan.segment}`, ...labels]];
}

/** Called once the ports are on the bridge: Open vSwitch removes the queue of an interface that it receives. */
function impairing(node: string, state: PortState, plans: readonly PortPlan[]): Call<void>[] {
  const lines = plans.flatMap(({ nicId, impairment }) => {
    const name = tapName(nicId);
    if (impairment !== null) return [impairLine(name, impairment)];
    return (state.queues.get(name) ?? noQueue) === noQueue ? [] : unimpairLines(name);
  });
  const names = plans.filter(({ impairment }) => impairment !== null).map(({ nicId }) => tapName(nicId));
  const what = names.length === 0 ? 'the impairment of ports could not be lifted' : `ports ${names.join(', ')} could not be impaired`;
  return lines.length === 0 ? [] : [changeQueues('network.port', what, node, lines)];
}

/**
 * Takes ports off their bridges. Done also before an interface is recreated: Open vSwitch would continue to read from the deleted
 * interface.
 */
export function takeOff(code: ErrorCode, what: string, state: PortState, names: readonly string[]): Call<void>[] {
  const present = names.filter((name) => state.ovs.ports.some((port) => port.name === name));
  if (present.length === 0) return [];
  const changes = present.map((name) => ['--if-exists', 'del-port', name]);
  return [changeOvs(code, what, changes)];
}

/** Arguments that put a port of this controller onto the layout's bridge, wherever the port is now. */
export function placePort(layout: NodeLayout, state: PortState, name: string): string[][] {
  const port = state.ovs.ports.find((one) => one.name === name);
  const elsewhere = port !== undefined && bridgeOf(state, port)?.name !== layout.bridge;
  return [...(elsewhere ? [['--if-exists', 'del-port', name]] : []), ['--may-exist', 'add-port', layout.bridge, name]];
}

/** See `NodeNetwork.detach`. */
export async function detachPorts({ host, layout }: NodeReach, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const [state] = await perform(host, readPortState(layout));
  const calls = removal(layout, state, new Set(names));
  if (calls.length > 0) await perform(host, ...calls);
}

/** The commands that remove those of the ports that belong to this controller. */
export function removal(layout: NodeLayout, state: PortState, names: ReadonlySet<string>): Call<void>[] {
  const { controllerId, bridge } = layout;
  const ports = ownPorts(state, controllerId).filter((port) => names.has(port.name) && port.labels['croft-kind'] !== 'uplink');
  const links = state.links.filter((link) => names.has(link.name) && readInterfaceAlias(controllerId, link.alias) !== null);
  const flows = [...names].map((name) => removalOfPortFlows(controllerId, name));
  const filtered = state.ovs.bridges.some((one) => one.name === bridge);
  const what = `ports ${[...names].join(', ')} could not be removed`;
  return [
    ...(filtered ? [changeFlows('network.port', what, bridge, flows)] : []),
    ...takeOff(
      'network.port',
      what,
      state,
      ports.map((port) => port.name),
    ),
    ...(links.length > 0 ? [changeLinks('network.port', what, linkRemovalLines(links))] : []),
  ];
}

/** Removes the interfaces as one group: the kernel waits once for all of them, not some 30 ms for each. */
function linkRemovalLines(links: readonly Link[]): string[] {
  const group = removalGroup(links.map((link) => link.name));
  return [...links.map((link) => `link set dev ${link.name} group ${group}`), `link delete group ${group}`];
}
