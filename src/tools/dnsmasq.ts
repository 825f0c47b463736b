/** `dnsmasq`: DHCP and DNS for one network; its configuration, its control and its lease file. */
import type { Call, Command } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';

export interface DnsmasqSettings {
  /** The location of its files. */
  folder: string;
  interfaceName: string;
  gateway: string;
  /** Of the network, dotted. */
  network: string;
  netmask: string;
  dhcp: boolean;
  /** Whether guests get the gateway as their default route. */
  route: boolean;
  /** DNS servers for foreign names; without servers only its own names are answered. */
  servers: string[];
}

export interface Lease {
  mac: string;
  address: string;
  /** ms since 1970, by the node's clock. */
  expiresAt: number;
}

/** Names of its files inside its folder. */
export const dnsmasqFiles = {
  settings: 'dnsmasq.conf',
  leases: 'leases',
  reservations: 'reservations',
  names: 'names',
  pid: 'pid',
} as const;

/** Its configuration file. On SIGHUP dnsmasq reads only reservations and names again. */
export function dnsmasqSettings(settings: DnsmasqSettings): string {
  const { folder } = settings;
  const lines = [
    `pid-file=${folder}/${dnsmasqFiles.pid}`,
    `interface=${settings.interfaceName}`,
    'bind-interfaces',
    'except-interface=lo',
    'user=nobody',
    'no-hosts',
    'no-resolv',
    'no-poll',
    'domain-needed',
    'local=//',
    'bogus-priv',
    `addn-hosts=${folder}/${dnsmasqFiles.names}`,
    ...settings.servers.map((server) => `server=${server}`),
  ];
  if (settings.dhcp) {
    lines.push(
      `dhcp-range=${settings.network},static,${settings.netmask},1h`,
      'dhcp-authoritative',
      'dhcp-ignore=tag:!known',
      // Every address is reserved for one MAC; the three-second probe before each offer would only delay guests.
      'no-ping',
      `dhcp-hostsfile=${folder}/${dnsmasqFiles.reservations}`,
      `dhcp-leasefile=${folder}/${dnsmasqFiles.leases}`,
      `dhcp-option=option:dns-server,${settings.gateway}`,
      settings.route ? `dhcp-option=option:router,${settings.gateway}` : 'dhcp-option=option:router',
    );
  }
  return `${lines.join('\n')}\n`;
}

export function reservationLines(leases: readonly { mac: string; address: string; hostname: string }[]): string {
  return leases.map((lease) => `${lease.mac},${lease.address},${lease.hostname}\n`).join('');
}

export function nameLines(names: readonly { hostname: string; address: string }[]): string {
  return names.map((name) => `${name.address} ${name.hostname}\n`).join('');
}

/** Starts it as a daemon. `inside` puts it into its namespace. */
export function startDnsmasq(folder: string, inside: (command: Command) => Command): Call<void> {
  return {
    command: inside({ argv: ['dnsmasq', `--conf-file=${settingsPath(folder)}`] }),
    parse(result) {
      if (result.code === 0) return;
      throw new CroftError('network.router', `dnsmasq could not be started: ${result.stderr.trim()}`, {
        ...(result.code === 127 && { hint: 'Install dnsmasq (on Debian and Ubuntu: apt-get install dnsmasq-base).' }),
      });
    },
  };
}

const signalScript = readScript(import.meta.url, 'scripts/signal-dnsmasq.sh');

/** HUP makes it read reservations and names again, TERM ends it; no effect where it does not run. */
export function signalDnsmasq(folder: string, signal: 'HUP' | 'TERM'): Call<void> {
  return {
    command: { argv: ['sh', '-c', signalScript, 'sh', folder, signal] },
    parse(result) {
      if (result.code !== 0)
        throw new CroftError('network.router', `dnsmasq of ${folder} did not take SIG${signal}: ${result.stderr.trim()}`);
    },
  };
}

export function settingsPath(folder: string): string {
  return `${folder}/${dnsmasqFiles.settings}`;
}

/** Reads a lease file; lines that are no IPv4 leases are skipped. */
export function parseLeases(text: string): Lease[] {
  return text.split('\n').flatMap((line) => {
    const [, seconds, mac, address] = /^(\d+) ([0-9a-f:]{17}) (\d+\.\d+\.\d+\.\d+) /.exec(line) ?? [];
    if (seconds === undefined || mac === undefined || address === undefined) return [];
    return [{ mac, address, expiresAt: Number(seconds) * 1000 }];
  });
}
