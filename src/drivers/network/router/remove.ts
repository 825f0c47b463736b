/** Removal of routers and of networks from them; missing parts do not matter. */
import { type Call, perform } from '../../../host/host.ts';
import type { RouterPlan } from '../../../model/node/plan.ts';
import { signalDnsmasq } from '../../../tools/dnsmasq.ts';
import { removeFiles } from '../../../tools/file.ts';
import { changeLinks, deleteNamespace } from '../../../tools/ip.ts';
import { applyRuleset, removeTable } from '../../../tools/nft.ts';
import type { NodeLayout, NodeReach } from '../../hypervisor/driver.ts';
import { namespaceName, readInterfaceAlias, routerPortName, sliceTableName, transitName } from '../names.ts';
import { removal } from '../ovs/ports.ts';
import { type NetworkState, ownPorts, readNetworkState, routersFolder } from '../ovs/state.ts';
import { hasInternet } from './plan-file.ts';

/** See `NodeNetwork.removeRouter`. */
export async function removeRouterFrom({ host, layout }: NodeReach, sliceId: string): Promise<void> {
  const [state] = await perform(host, readNetworkState(layout));
  const calls = routerRemoval(layout, state, sliceId);
  if (calls.length > 0) await perform(host, ...calls);
}

/** The commands that remove a router; none where there is no trace of it. */
export function routerRemoval(layout: NodeLayout, state: NetworkState, sliceId: string): Call<void>[] {
  const table = sliceTableName(layout.controllerId, sliceId);
  const folder = `${routersFolder(layout)}/${sliceId}`;
  const calls = networksRemoval(layout, state, sliceId, new Set());
  const transit = state.links.filter((link) => isOwnTransit(layout, link, sliceId));
  if (transit.length > 0) {
    const lines = transit.map((link) => `link delete dev ${link.name}`);
    calls.push(changeLinks('network.router', `the transit link of slice ${sliceId} could not be removed`, lines));
  }
  if (state.namespaces.has(sliceId)) calls.push(deleteNamespace(namespaceName(layout.controllerId, sliceId)));
  if (state.tables.includes(`ip ${table}`)) {
    calls.push(applyRuleset('network.router', `nft table ${table} could not be removed`, removeTable('ip', table)));
  }
  if ([...state.files.keys()].some((path) => path.startsWith(`${sliceId}/`))) calls.push(removeFiles(folder));
  return calls;
}

/** The commands that remove networks which the router's plan no longer has, and its transit link where no network needs it. */
export function removeUnplannedNetworks(layout: NodeLayout, state: NetworkState, plan: RouterPlan): Call<void>[] {
  const calls = networksRemoval(layout, state, plan.sliceId, new Set(plan.networks.map((network) => network.networkId)));
  const transit = state.links.find((link) => isOwnTransit(layout, link, plan.sliceId));
  if (transit !== undefined && !hasInternet(plan)) {
    calls.push(changeLinks('network.router', 'the transit link could not be removed', [`link delete dev ${transit.name}`]));
  }
  return calls;
}

function isOwnTransit(layout: NodeLayout, link: NetworkState['links'][number], sliceId: string): boolean {
  return link.name === transitName(sliceId) && readInterfaceAlias(layout.controllerId, link.alias)?.kind === 'transit';
}

function networksRemoval(layout: NodeLayout, state: NetworkState, sliceId: string, keep: ReadonlySet<string>): Call<void>[] {
  const gone = [...networksPresent(layout, state, sliceId)].filter((networkId) => !keep.has(networkId));
  if (gone.length === 0) return [];
  const folders = gone.map((networkId) => `${routersFolder(layout)}/${sliceId}/${networkId}`);
  return [
    ...folders.map((folder) => signalDnsmasq(folder, 'TERM')),
    ...removal(layout, state, new Set(gone.map(routerPortName))),
    removeFiles(...folders),
  ];
}

/** Every network with any trace in a router. */
function networksPresent(layout: NodeLayout, state: NetworkState, sliceId: string): Set<string> {
  const networks = new Set<string>();
  for (const path of state.files.keys()) {
    const [slice, network, file] = path.split('/');
    if (slice === sliceId && network !== undefined && file !== undefined) networks.add(network);
  }
  for (const port of ownPorts(state, layout.controllerId)) {
    const network = port.labels['croft-network'];
    if (port.labels['croft-slice'] === sliceId && network !== undefined) networks.add(network);
  }
  for (const link of state.links) {
    const label = readInterfaceAlias(layout.controllerId, link.alias);
    if (label?.kind === 'router' && label.sliceId === sliceId) networks.add(label.networkId);
  }
  return networks;
}
