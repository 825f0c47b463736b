/** The bridge of a node: made where it is missing, joined to the uplink, guarded from the node's own IP stack. */
import { type Call, type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { changeLinks } from '../../../tools/ip.ts';
import { applyRuleset, replaceTable } from '../../../tools/nft.ts';
import { changeFlows } from '../../../tools/ovs-ofctl.ts';
import { changeOvs, labelWords, type OvsBridge, ovsFailure, ovsListingCommand, ovsSilent } from '../../../tools/ovs-vsctl.ts';
import type { NodeAbilities, NodeLayout } from '../../hypervisor/driver.ts';
import { guardTableName } from '../names.ts';
import { portCookie, trustedPortFlows } from './flows.ts';
import { bridgeOf, controllerLabel, interfaceOf } from './labels.ts';
import { type NetworkState, readNetworkState } from './state.ts';

/** The group of interfaces that belong to the bridge alone; a number that nobody else is likely to use. */
export const portGroup = 25458;

/** Prints the datapath that works, or nothing where Open vSwitch does not run. */
const datapathScript = `
ovs-appctl --timeout=5 -t ovs-vswitchd version >/dev/null 2>&1 || exit 0
types=$(ovs-vsctl --timeout=5 get Open_vSwitch . datapath_types 2>/dev/null) || exit 0
case $types in
  *system*)
    if [ -d /sys/module/openvswitch ] || modprobe -n -q openvswitch 2>/dev/null; then
      echo system
      exit 0
    fi ;;
esac
case $types in *netdev*) echo netdev ;; esac
exit 0
`;

/** Finds out which Open vSwitch datapath works on the node, changing nothing there; null where Open vSwitch does not run. */
export function detectDatapath(): Call<'system' | 'netdev' | null> {
  return {
    command: { argv: ['sh', '-c', datapathScript] },
    parse({ stdout }) {
      const word = stdout.trim();
      return word === 'system' || word === 'netdev' ? word : null;
    },
  };
}

/** See `NetworkDriver.ensureBridge`. Rejects with `node.unfit` where Open vSwitch does not run, with `network.port` for the uplink. */
export async function ensureBridge(host: Host, layout: NodeLayout, abilities: NodeAbilities): Promise<void> {
  await demandOvs(host);
  const [state] = await perform(host, readNetworkState(layout));
  const bridge = state.ovs.bridges.find((one) => one.name === layout.bridge);
  const own = bridge === undefined || isOwnBridge(layout, bridge);
  if (own) {
    await perform(host, changeOvs('node.unfit', `bridge ${layout.bridge} could not be made`, bridgeChanges(layout, abilities)));
  }
  if (abilities.datapath === 'netdev')
    await perform(host, applyRuleset('node.unfit', `the guard of bridge ${layout.bridge} could not be set`, guard(layout)));
  if (layout.uplink !== null) {
    await joinUplink(host, layout, layout.uplink, state);
    // A bridge of somebody else has flows of its own; only in Croft's own bridge does the uplink need one.
    if (own) await trustUplink(host, layout, layout.uplink);
  }
  const [after] = await perform(host, readNetworkState(layout));
  demandWorkingBridge(layout, after);
}

/** Whether Croft made the bridge. */
export function isOwnBridge(layout: NodeLayout, bridge: OvsBridge): boolean {
  return bridge.labels[controllerLabel] === layout.controllerId;
}

/** Whether the bridge is there, with all that `ensureBridge` adds to it. */
export function isBridgeReady(layout: NodeLayout, state: NetworkState): boolean {
  const bridge = state.ovs.bridges.find((one) => one.name === layout.bridge);
  if (bridge === undefined) return false;
  if (bridge.datapath === 'netdev' && !state.tables.includes(`inet ${guardTableName(layout.controllerId)}`)) return false;
  if (layout.uplink === null) return true;
  const port = state.ovs.ports.find((one) => one.name === layout.uplink);
  if (port === undefined) return state.ovs.interfaces.some((one) => one.name === layout.uplink);
  if (!bridge.ports.includes(port.uuid)) return false;
  const cookie = portCookie(layout.controllerId, layout.uplink);
  const needsFlow = isOwnBridge(layout, bridge);
  return !needsFlow || state.flows.some((flow) => flow.cookie === cookie && flow.port === interfaceOf(state, port)?.ofport);
}

async function demandOvs(host: Host): Promise<void> {
  const result = await run(host, ovsListingCommand);
  if (result.code !== 0) throw ovsFailure(result) ?? ovsSilent(result.stderr.trim());
}

function bridgeChanges(layout: NodeLayout, abilities: NodeAbilities): string[][] {
  return [
    ['--may-exist', 'add-br', layout.bridge],
    [
      'set',
      'Bridge',
      layout.bridge,
      `datapath_type=${abilities.datapath}`,
      'fail_mode=secure',
      ...labelWords({ [controllerLabel]: layout.controllerId }),
    ],
  ];
}

function demandWorkingBridge(layout: NodeLayout, state: NetworkState): void {
  const own = state.ovs.interfaces.find((one) => one.name === layout.bridge);
  if (own === undefined || own.error === null) return;
  throw new CroftError('node.unfit', `bridge ${layout.bridge} does not work: ${own.error}`, {
    hint: 'Look into the log of Open vSwitch, /var/log/openvswitch/ovs-vswitchd.log.',
  });
}

/**
 * With the userspace datapath the node's own IP stack sees the frames on ports too: a guest could reach the node's
 * services past the bridge. ARP is switched off on each port for the same reason.
 */
function guard(layout: NodeLayout): string {
  const chains = `  chain prerouting {\n    type filter hook prerouting priority raw\n    meta iifgroup ${portGroup} drop\n  }\n`;
  return replaceTable('inet', guardTableName(layout.controllerId), chains);
}

async function joinUplink(host: Host, layout: NodeLayout, uplink: string, state: NetworkState): Promise<void> {
  const port = state.ovs.ports.find(
    (one) => one.name === uplink || state.ovs.interfaces.some((other) => other.name === uplink && one.interfaces.includes(other.uuid)),
  );
  const where = port === undefined ? null : bridgeOf(state, port);
  if (where !== null && where.name !== layout.bridge) {
    throw new CroftError('network.port', `uplink ${uplink} cannot be joined to bridge ${layout.bridge}: it is on bridge ${where.name}`, {
      hint: `Name bridge ${where.name} or another uplink in the node's configuration, or take it off with "ovs-vsctl del-port ${uplink}".`,
    });
  }
  if (port === undefined && !state.links.some((link) => link.name === uplink)) {
    throw new CroftError('network.port', `uplink ${uplink} cannot be joined to bridge ${layout.bridge}: there is no such interface`, {
      hint: 'Name an interface that the node has; "ip link" lists them.',
    });
  }
  if (port !== undefined) return;
  const what = `uplink ${uplink} could not be joined to bridge ${layout.bridge}`;
  const labels = labelWords({ [controllerLabel]: layout.controllerId, 'croft-kind': 'uplink' });
  await perform(
    host,
    changeLinks('network.port', what, [`link set dev ${uplink} up`]),
    changeOvs('network.port', what, [
      ['add-port', layout.bridge, uplink],
      ['set', 'Port', uplink, 'vlan_mode=trunk', ...labels],
    ]),
  );
}

async function trustUplink(host: Host, layout: NodeLayout, uplink: string): Promise<void> {
  const what = `the flow of uplink ${uplink} could not be set`;
  await perform(host, changeFlows('network.port', what, layout.bridge, trustedPortFlows(layout.controllerId, uplink)));
}
