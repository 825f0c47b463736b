/** The files of the dnsmasq that serves one network of a slice. */
import type { RouterNetworkPlan } from '../../../model/node/plan.ts';
import { dnsmasqFiles, dnsmasqSettings, nameLines, reservationLines } from '../../../tools/dnsmasq.ts';
import { gatewayName } from '../names.ts';
import { netmaskOf } from './plan-file.ts';

/** Contents by file name. Guests of a network without internet get no route, and no foreign name is resolved for them. */
export function networkFiles(folder: string, network: RouterNetworkPlan, nameServers: readonly string[]): Map<string, string> {
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
