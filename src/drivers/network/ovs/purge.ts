/** Removes everything that a controller made in a node's network; foreign objects stay, also on Croft's own bridge. */
import { type Call, perform } from '../../../host/host.ts';
import { removeFiles } from '../../../tools/file.ts';
import { restoreForwarding } from '../../../tools/ip-forward.ts';
import { applyRuleset, removeTable } from '../../../tools/nft.ts';
import { changeFlows } from '../../../tools/ovs-ofctl.ts';
import { changeOvs } from '../../../tools/ovs-vsctl.ts';
import type { NodeLayout, NodeReach } from '../../hypervisor/driver.ts';
import { guardTableName } from '../names.ts';
import { routerRemoval } from '../router/remove.ts';
import { forwardingUndoFile } from '../router/router.ts';
import { underlayPath } from '../underlay-record.ts';
import { isOwnBridge } from './bridge.ts';
import { controllerCookieMatch } from './flows.ts';
import { judgeNetwork, routersPresent } from './observe.ts';
import { removal } from './ports.ts';
import { type NetworkState, ownPorts, readNetworkState, routersFolder } from './state.ts';

/** See `NodeNetwork.purge`. */
export async function purgeNetwork({ host, layout }: NodeReach): Promise<void> {
  const [state] = await perform(host, readNetworkState(layout));
  for (const sliceId of routersPresent(layout, state)) await perform(host, ...routerRemoval(layout, state, sliceId));
  const names = new Set(judgeNetwork(layout, state).ports.map((port) => port.name));
  await perform(host, ...removal(layout, state, names), ...guardRemoval(layout, state));
  const [left] = await perform(host, readNetworkState(layout));
  await perform(
    host,
    ...bridgeRemoval(layout, left),
    restoreForwarding(forwardingUndoFile(layout)),
    removeFiles(routersFolder(layout), underlayPath(layout)),
  );
}

function guardRemoval(layout: NodeLayout, state: NetworkState): Call<void>[] {
  const table = guardTableName(layout.controllerId);
  if (!state.tables.includes(`inet ${table}`)) return [];
  return [applyRuleset('network.port', `nft table ${table} could not be removed`, removeTable('inet', table))];
}

function bridgeRemoval(layout: NodeLayout, state: NetworkState): Call<void>[] {
  const { bridge: name, controllerId } = layout;
  const bridge = state.ovs.bridges.find((one) => one.name === name);
  if (bridge === undefined) return [];
  const own = ownPorts(state, controllerId);
  const others = state.ovs.ports.filter((port) => bridge.ports.includes(port.uuid) && port.name !== name && !own.includes(port));
  const what = `bridge ${name} could not be cleaned up`;
  const uplinks = own.filter((port) => port.labels['croft-kind'] === 'uplink').map((port) => ['--if-exists', 'del-port', port.name]);
  const calls = [changeFlows('network.port', what, name, [`delete cookie=${controllerCookieMatch(controllerId)}`])];
  const deletion = isOwnBridge(layout, bridge) && others.length === 0 ? [['--if-exists', 'del-br', name]] : [];
  if (uplinks.length + deletion.length > 0) calls.push(changeOvs('network.port', what, [...uplinks, ...deletion]));
  return calls;
}
