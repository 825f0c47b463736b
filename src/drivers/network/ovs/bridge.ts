/** The bridge of a node: created where missing, and guarded from the node's own IP stack. */
import type { Call } from '../../../host/host.ts';
import { applyRuleset, replaceTable } from '../../../tools/nft.ts';
import { changeOvs, labelWords, type OvsBridge } from '../../../tools/ovs-vsctl.ts';
import type { NodeAbilities, NodeLayout } from '../../hypervisor/driver.ts';
import { guardTableName } from '../names.ts';
import { controllerLabel, type NetworkState } from './state.ts';

/** The group of interfaces that belong to the bridge alone; a number that other software is unlikely to use. */
export const portGroup = 25458;

/** Whether Croft made the bridge. */
export function isOwnBridge({ controllerId }: Pick<NodeLayout, 'controllerId'>, bridge: OvsBridge): boolean {
  return bridge.labels[controllerLabel] === controllerId;
}

export function bridgeNamed(state: Pick<NetworkState, 'ovs'>, name: string): OvsBridge | undefined {
  return state.ovs.bridges.find((bridge) => bridge.name === name);
}

/** The commands that bring the bridge into the planned state, and guard it. A foreign bridge gets the guard alone. */
export function bridgeCalls({ controllerId }: NodeLayout, { datapath }: NodeAbilities, state: NetworkState, name: string): Call<void>[] {
  const present = bridgeNamed(state, name);
  const own = present === undefined || isOwnBridge({ controllerId }, present);
  const columns = [`datapath_type=${datapath}`, 'fail_mode=secure', ...labelWords({ [controllerLabel]: controllerId })];
  const changes = [
    ['--may-exist', 'add-br', name],
    ['set', 'Bridge', name, ...columns],
  ];
  return [
    ...(own ? [changeOvs('node.unfit', `bridge ${name} could not be made`, changes)] : []),
    ...(datapath === 'netdev' ? [applyRuleset('node.unfit', `the guard of bridge ${name} could not be set`, guard(controllerId))] : []),
  ];
}

/** The faults of the bridge, human-readable. */
export function bridgeFaults({ controllerId }: NodeLayout, state: NetworkState, name: string): string[] {
  const bridge = bridgeNamed(state, name);
  if (bridge === undefined) return [`there is no bridge ${name}`];
  const guarded = bridge.datapath !== 'netdev' || state.tables.includes(`inet ${guardTableName(controllerId)}`);
  const error = bridgeError(state, name);
  return [
    ...(guarded ? [] : [`the guard of bridge ${name} is gone`]),
    ...(error === null ? [] : [`bridge ${name} does not work: ${error}`]),
  ];
}

/** Why Open vSwitch cannot work with an existing bridge, in its words; null where it can. */
export function bridgeError({ ovs }: Pick<NetworkState, 'ovs'>, name: string): string | null {
  return ovs.interfaces.find((one) => one.name === name)?.error ?? null;
}

/**
 * With the userspace datapath the node's own IP stack sees the frames on ports too: a guest could reach the node's services and bypass
 * the bridge. ARP is switched off on each port for the same reason.
 */
function guard(controllerId: string): string {
  const chains = `  chain prerouting {\n    type filter hook prerouting priority raw\n    meta iifgroup ${portGroup} drop\n  }\n`;
  return replaceTable('inet', guardTableName(controllerId), chains);
}
