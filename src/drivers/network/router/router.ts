/** A slice's router on a network node: created, edited and repaired towards its plan. */
import { type Command, perform } from '../../../host/host.ts';
import type { RouterPlan } from '../../../model/node/plan.ts';
import { removeFiles, writeFile } from '../../../tools/file.ts';
import { insideNamespace } from '../../../tools/ip.ts';
import { enableForwarding } from '../../../tools/ip-forward.ts';
import { applyRuleset } from '../../../tools/nft.ts';
import { abilitiesOf, type DriverNode, type NodeAbilities, type NodeLayout, type NodeReach } from '../../hypervisor/driver.ts';
import { namespaceName } from '../names.ts';
import { routersPresent } from '../ovs/observe.ts';
import { type NetworkState, readNetworkState, routersFolder } from '../ovs/state.ts';
import { insideRuleset, nodeRuleset } from './filter.ts';
import { demandOwnNames, linkCalls } from './links.ts';
import { hasInternet, planFile, routerPlanForm } from './plan-file.ts';
import { removeRouterFrom, removeUnplannedNetworks } from './remove.ts';
import { serveNetworks } from './services.ts';

/** Where the node's former setting of IP forwarding is kept, for purge. */
export function forwardingUndoFile(layout: NodeLayout): string {
  return `${layout.stateFolder}/undo/ip-forward`;
}

/** See `NodeNetwork.ensureRouter`. A router whose first creation failed leaves nothing behind. */
export async function ensureRouter(node: DriverNode, plan: RouterPlan): Promise<void> {
  const { host, layout } = node;
  const abilities = abilitiesOf(node);
  const [state] = await perform(host, readNetworkState(layout));
  demandOwnNames(layout, state, plan);
  const isNew = !routersPresent(layout, state).has(plan.sliceId);
  try {
    await bring(node, abilities, state, plan);
  } catch (thrown) {
    // The next observation sees remains that cannot be removed now, and the first failure is the one to report.
    if (isNew) await removeRouterFrom(node, plan.sliceId).catch(() => undefined);
    throw thrown;
  }
}

async function bring(node: NodeReach, abilities: NodeAbilities, state: NetworkState, plan: RouterPlan): Promise<void> {
  const { host, layout } = node;
  const folder = `${routersFolder(layout)}/${plan.sliceId}`;
  const inside = (command: Command) => insideNamespace(namespaceName(layout.controllerId, plan.sliceId), command);
  await perform(host, removeFiles(`${folder}/${planFile}`), ...removeUnplannedNetworks(layout, state, plan));
  await perform(host, ...linkCalls(layout, abilities, state, plan));
  await perform(
    host,
    applyRuleset('network.router', 'the packet filter of the router could not be set', insideRuleset(layout.controllerId, plan), inside),
    applyRuleset('network.router', 'address translation on the node could not be set', nodeRuleset(layout.controllerId, plan)),
    ...(hasInternet(plan) ? [enableForwarding(forwardingUndoFile(layout))] : []),
  );
  await serveNetworks(node, state, plan, inside);
  await perform(host, writeFile(folder, planFile, routerPlanForm.write(plan)));
}
