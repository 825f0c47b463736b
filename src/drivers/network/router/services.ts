/** DHCP and DNS of a slice's networks: one dnsmasq for each, in the router's namespace. */
import { type Call, type Command, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { RouterNetworkPlan, RouterPlan } from '../../../model/node/plan.ts';
import {
  dnsmasqFiles,
  dnsmasqSettings,
  nameLines,
  reservationLines,
  settingsPath,
  signalDnsmasq,
  startDnsmasq,
} from '../../../tools/dnsmasq.ts';
import { writeFile } from '../../../tools/file.ts';
import { type Listener, listenersCommand, parseListeners } from '../../../tools/ss.ts';
import type { NodeReach } from '../../hypervisor/driver.ts';
import { gatewayName } from '../names.ts';
import { isDnsmasqAlive } from '../ovs/observe.ts';
import { type NetworkState, readNetworkState, routersFolder } from '../ovs/state.ts';
import { prefixOf } from './plan-file.ts';

/** A dnsmasq is restarted for other settings, and reloaded for other names or addresses. Rejects with `network.router`. */
export async function serveNetworks(
  node: NodeReach,
  state: NetworkState,
  plan: RouterPlan,
  inside: (command: Command) => Command,
): Promise<void> {
  const { host, layout } = node;
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
    throw (await foreignListener(node, plan, inside, thrown)) ?? thrown;
  }
}

/** The error that names a process on a port that dnsmasq needs; a foreign process must not be killed. */
async function foreignListener(
  { host, layout }: NodeReach,
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

/** Contents by file name. Guests of a network without internet get no route, and no foreign name is resolved for them. */
function networkFiles(folder: string, network: RouterNetworkPlan, nameServers: readonly string[]): Map<string, string> {
  const settings = dnsmasqSettings({
    folder,
    interfaceName: gatewayName(network.networkId),
    gateway: network.gateway,
    network: network.cidr.split('/')[0] as string,
    netmask: netmaskOf(network.cidr),
    dhcp: network.dhcp,
    route: network.internet,
    servers: network.internet ? [...nameServers] : [],
  });
  return new Map([
    [dnsmasqFiles.reservations, reservationLines(network.leases)],
    [dnsmasqFiles.names, nameLines(network.names)],
    [dnsmasqFiles.settings, settings],
  ]);
}

/** The dotted form of a prefix length. */
function netmaskOf(cidr: string): string {
  const bits = (0xffffffff << (32 - prefixOf(cidr))) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
