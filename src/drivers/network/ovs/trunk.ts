/** The underlay of kind `trunk`: a bridge whose uplink joins it to the bridges of other nodes, and which carries the VLANs of networks. */
import { type Call, type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { TrunkPlan, UnderlayPlan } from '../../../model/network/underlay.ts';
import { changeLinks } from '../../../tools/ip.ts';
import { changeFlows } from '../../../tools/ovs-ofctl.ts';
import { changeOvs, labelWords, type OvsPort, ovsFailure, ovsListingCommand, ovsSilent } from '../../../tools/ovs-vsctl.ts';
import { abilitiesOf, type DriverNode, type NodeAbilities, type NodeLayout, type NodeReach } from '../../hypervisor/driver.ts';
import { recordUnderlay, requireTrunk } from '../underlay-record.ts';
import { bridgeCalls, bridgeError, bridgeFaults, bridgeNamed, isOwnBridge } from './bridge.ts';
import { portCookie, removalOfPortFlows, trustedPortFlows } from './flows.ts';
import { takeOff } from './ports.ts';
import { bridgeOf, controllerLabel, type NetworkState, ownPorts, readNetworkState } from './state.ts';

/** See `NodeNetwork.ensureUnderlay`. */
export async function ensureTrunk(node: DriverNode, plan: UnderlayPlan): Promise<void> {
  const { host, layout } = node;
  const abilities = abilitiesOf(node);
  const trunk = requireTrunk(host.name, 'ovs', plan);
  await demandOvs(host);
  const [state] = await perform(host, readNetworkState(layout));
  if (trunkFaults(layout, state, trunk).length > 0) await bring(node, abilities, state, trunk);
  await perform(host, recordUnderlay(layout, trunk));
}

/** The faults of the underlay, human-readable. */
export function trunkFaults(layout: NodeLayout, state: NetworkState, { bridge: name, uplink }: TrunkPlan): string[] {
  const faults = bridgeFaults(layout, state, name);
  const bridge = bridgeNamed(state, name);
  if (bridge === undefined) return faults;
  faults.push(...formerUplinks(layout, state, uplink).map((port) => `uplink ${port.name} is still joined`));
  if (uplink === null) return faults;
  const port = uplinkPort(state, uplink);
  if (port === undefined || !bridge.ports.includes(port.uuid)) return [...faults, `uplink ${uplink} is not joined to bridge ${name}`];
  // A foreign bridge has flows of its own.
  return isOwnBridge(layout, bridge) && !hasFlow(layout, state, uplink) ? [...faults, `uplink ${uplink} has no flow`] : faults;
}

async function bring(node: NodeReach, abilities: NodeAbilities, state: NetworkState, trunk: TrunkPlan): Promise<void> {
  const { host, layout } = node;
  const { bridge: name, uplink } = trunk;
  await perform(host, ...bridgeCalls(layout, abilities, state, name), ...formerUplinkRemoval(layout, state, trunk));
  const present = bridgeNamed(state, name);
  if (uplink !== null) {
    await joinUplink(node, name, uplink, state);
    if (present === undefined || isOwnBridge(layout, present)) await trustUplink(node, name, uplink);
  }
  const [after] = await perform(host, readNetworkState(layout));
  const error = bridgeError(after, name);
  if (error === null) return;
  throw new CroftError('node.unfit', `bridge ${name} does not work: ${error}`, {
    hint: 'Look into the log of Open vSwitch, /var/log/openvswitch/ovs-vswitchd.log.',
  });
}

async function demandOvs(host: Host): Promise<void> {
  const result = await run(host, ovsListingCommand);
  if (result.code !== 0) throw ovsFailure(result) ?? ovsSilent(result.stderr.trim());
}

function hasFlow({ controllerId }: NodeLayout, { ovs, flows }: NetworkState, uplink: string): boolean {
  const cookie = portCookie(controllerId, uplink);
  const ofport = ovs.interfaces.find(({ name }) => name === uplink)?.ofport;
  return flows.some((flow) => flow.cookie === cookie && flow.port === ofport);
}

/** The port that is the uplink, or the bond that contains it. */
function uplinkPort({ ovs }: NetworkState, uplink: string): OvsPort | undefined {
  const own = ovs.interfaces.find(({ name }) => name === uplink);
  return ovs.ports.find((port) => port.name === uplink || (own !== undefined && port.interfaces.includes(own.uuid)));
}

/** Uplinks that this controller joined for an earlier plan. */
function formerUplinks({ controllerId }: NodeLayout, state: NetworkState, uplink: string | null): OvsPort[] {
  return ownPorts(state, controllerId).filter((port) => port.labels['croft-kind'] === 'uplink' && port.name !== uplink);
}

function formerUplinkRemoval(layout: NodeLayout, state: NetworkState, { bridge: name, uplink }: TrunkPlan): Call<void>[] {
  const former = formerUplinks(layout, state, uplink);
  if (former.length === 0) return [];
  const names = former.map((port) => port.name);
  const what = `former uplink ${names.join(', ')} could not be taken off bridge ${name}`;
  const flows = names.map((port) => removalOfPortFlows(layout.controllerId, port));
  return [changeFlows('network.port', what, name, flows), ...takeOff('network.port', what, state, names)];
}

async function joinUplink({ host, layout }: NodeReach, bridge: string, uplink: string, state: NetworkState): Promise<void> {
  const port = uplinkPort(state, uplink);
  const where = port === undefined ? null : bridgeOf(state, port);
  if (where !== null && where.name !== bridge) {
    throw new CroftError('network.port', `uplink ${uplink} cannot be joined to bridge ${bridge}: it is on bridge ${where.name}`, {
      hint: `Name bridge ${where.name} or another uplink in the node's configuration, or take it off with "ovs-vsctl del-port ${uplink}".`,
    });
  }
  if (port === undefined && !state.links.some((link) => link.name === uplink)) {
    throw new CroftError('network.port', `uplink ${uplink} cannot be joined to bridge ${bridge}: there is no such interface`, {
      hint: 'Name an interface that the node has; "ip link" lists them.',
    });
  }
  if (port !== undefined) return;
  const what = `uplink ${uplink} could not be joined to bridge ${bridge}`;
  const labels = labelWords({ [controllerLabel]: layout.controllerId, 'croft-kind': 'uplink' });
  await perform(
    host,
    changeLinks('network.port', what, [`link set dev ${uplink} up`]),
    changeOvs('network.port', what, [
      ['add-port', bridge, uplink],
      ['set', 'Port', uplink, 'vlan_mode=trunk', ...labels],
    ]),
  );
}

async function trustUplink({ host, layout }: NodeReach, bridge: string, uplink: string): Promise<void> {
  const what = `the flow of uplink ${uplink} could not be set`;
  await perform(host, changeFlows('network.port', what, bridge, trustedPortFlows(layout.controllerId, uplink)));
}
