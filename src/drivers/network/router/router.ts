/** A slice's router on a network node: created, edited and repaired towards its plan. */
import { type Call, type Command, type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { RouterPlan } from '../../../model/node/plan.ts';
import { settingsPath, signalDnsmasq, startDnsmasq } from '../../../tools/dnsmasq.ts';
import { removeFiles, writeFile } from '../../../tools/file.ts';
import { insideNamespace } from '../../../tools/ip.ts';
import { enableForwarding } from '../../../tools/ip-forward.ts';
import { applyRuleset } from '../../../tools/nft.ts';
import { type Listener, listenersCommand, parseListeners } from '../../../tools/ss.ts';
import type { NodeAbilities, NodeLayout } from '../../hypervisor/driver.ts';
import { namespaceName } from '../names.ts';
import { isDnsmasqAlive, routersPresent } from '../ovs/observe.ts';
import { type NetworkState, readNetworkState, routersFolder } from '../ovs/state.ts';
import { insideRuleset, nodeRuleset } from './filter.ts';
import { demandOwnNames, linkCalls } from './links.ts';
import { hasInternet, planFile, routerPlanForm } from './plan-file.ts';
import { removeRouterFrom, removeUnplannedNetworks } from './remove.ts';
import { networkFiles } from './services.ts';

/** Where the node's former setting of IP forwarding is kept, for purge. */
export function forwardingUndoFile(layout: NodeLayout): string {
  return `${layout.stateFolder}/undo/ip-forward`;
}

/** See `NetworkDriver.ensureRouter`. A router whose first creation failed leaves nothing behind. */
export async function ensureRouter(host: Host, layout: NodeLayout, abilities: NodeAbilities, plan: RouterPlan): Promise<void> {
  const [state] = await perform(host, readNetworkState(layout));
  demandOwnNames(layout, state, plan);
  const isNew = !routersPresent(layout, state).has(plan.sliceId);
  try {
    await bring(host, layout, abilities, state, plan);
  } catch (thrown) {
    // The next observation sees remains that cannot be removed now, and the first failure is the one to report.
    if (isNew) await removeRouterFrom(host, layout, plan.sliceId).catch(() => undefined);
    throw thrown;
  }
}

async function bring(host: Host, layout: NodeLayout, abilities: NodeAbilities, state: NetworkState, plan: RouterPlan): Promise<void> {
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
  await serveNetworks(host, layout, state, plan, inside);
  await perform(host, writeFile(folder, planFile, routerPlanForm.write(plan)));
}

/** One dnsmasq for each network: restarted for other settings, reloaded for other names or addresses. */
async function serveNetworks(
  host: Host,
  layout: NodeLayout,
  state: NetworkState,
  plan: RouterPlan,
  inside: (command: Command) => Command,
): Promise<void> {
  const preparations: Call<void>[] = [];
  const starts: Call<void>[] = [];
  for (const network of plan.networks) {
    const path = `${plan.sliceId}/${network.networkId}`;
    const folder = `${routersFolder(layout)}/${path}`;
    const files = networkFiles(folder, network, state.nameServers);
    const changed = [...files].filter(([name, content]) => (state.files.get(`${path}/${name}`) ?? '') !== content);
    const alive = isDnsmasqAlive(state, routersFolder(layout), path) && (state.namespaces.get(plan.sliceId)?.alive ?? false);
    const restart = !alive || changed.some(([name]) => settingsPath(folder) === `${folder}/${name}`);
    preparations.push(...(alive ? changed : [...files]).map(([name, content]) => writeFile(folder, name, content)));
    if (restart) {
      preparations.push(signalDnsmasq(folder, 'TERM'));
      starts.push(startDnsmasq(folder, inside));
    } else if (changed.length > 0) {
      preparations.push(signalDnsmasq(folder, 'HUP'));
    }
  }
  if (preparations.length > 0) await perform(host, ...preparations);
  if (starts.length === 0) return;
  try {
    await perform(host, ...starts);
  } catch (thrown) {
    throw (await foreignListener(host, layout, plan, inside, thrown)) ?? thrown;
  }
}

/** The error that names a process on a port that dnsmasq needs; a foreign process must not be killed. */
async function foreignListener(
  host: Host,
  layout: NodeLayout,
  plan: RouterPlan,
  inside: (command: Command) => Command,
  cause: unknown,
): Promise<CroftError | null> {
  const [now] = await perform(host, readNetworkState(layout));
  const result = await run(host, inside(listenersCommand));
  const addresses = new Set(['0.0.0.0', '*', ...plan.networks.map((network) => network.gateway)]);
  const holds = (listener: Listener) => addresses.has(listener.address) && (listener.port === 53 || listener.port === 67);
  for (const listener of parseListeners(result.stdout).filter(holds)) {
    if (now.processes.get(listener.pid)?.includes(`=${routersFolder(layout)}/`)) continue;
    const { address, port, pid, program } = listener;
    return new CroftError(
      'network.router',
      `dnsmasq cannot answer in the router: process ${pid} (${program}) holds ${address} port ${port}`,
      {
        hint: `See what it is ("ps -fp ${pid}") and end it ("kill ${pid}"); the router is then completed by itself.`,
        cause,
      },
    );
  }
  return null;
}
