/** What runs of a slice on the hosts, read there by hand and not through Croft. */
import assert from 'node:assert/strict';
import type { LabHost } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';

/** Prints a line for each QEMU process, VM folder, port, flow and router. `$1`: the controller's state folder. */
const script = `
for folder in /proc/[0-9]*; do
  case $(readlink "$folder/exe") in */qemu-system-*) ;; *) continue ;; esac
  echo "guest $(basename "$folder") $(tr '\\0' ' ' <"$folder/cmdline")"
done
for folder in "$1"/vms/*/; do
  [ -d "$folder" ] || continue
  echo "folder $(basename "$folder") $(head -n 1 "$folder/started" 2>/dev/null | cut -d ' ' -f 2) $(cat "$folder/launch.json")"
done
for port in $(ovs-vsctl --bare --columns=name find Port external_ids:croft-kind=port); do
  [ -e "/sys/class/net/$port" ] || continue
  echo port "$port" $(ovs-vsctl get Port "$port" external_ids:croft-vm -- get Port "$port" tag -- get Interface "$port" ofport)
done
ovs-ofctl --no-names --no-stats dump-flows br-croft 2>/dev/null | sed -n 's/.*in_port=\\([0-9]*\\).*/flow \\1/p' | sort -u
for name in $(ip netns list | cut -d ' ' -f 1); do
  servers=0
  for process in $(ip netns pids "$name"); do
    case $(readlink "/proc/$process/exe") in */dnsmasq) servers=$((servers + 1)) ;; esac
  done
  echo router "$name" "$servers" $(ip -n "$name" -4 -br address | awk '$1 != "lo" { print $3 }')
done
`;

export interface FoundGuest {
  vmId: string;
  host: string;
  pid: number;
  /** MiB. */
  memory: number;
  /** It was started from what its folder says now. */
  isAsRecorded: boolean;
  /** VLAN tags of its ports that are whole: interface, tag and flows; sorted. */
  tags: number[];
}

export interface FoundRouter {
  namespace: string;
  host: string;
  dnsmasqs: number;
  addresses: string[];
}

export interface Found {
  guests: FoundGuest[];
  routers: FoundRouter[];
  /** VMs that have a folder, once for each host. */
  folders: string[];
  /** VMs that have ports on a host where they do not run. */
  strayPorts: string[];
}

/** Looks at all hosts. No VM may run twice at any time, so that is asserted at once. */
export async function lookAround(hosts: readonly LabHost[], controllerId: string): Promise<Found> {
  const found: Found = { guests: [], routers: [], folders: [], strayPorts: [] };
  for (const part of await Promise.all(hosts.map((host) => lookAt(host, controllerId)))) {
    found.guests.push(...part.guests);
    found.routers.push(...part.routers);
    found.folders.push(...part.folders);
    found.strayPorts.push(...part.strayPorts);
  }
  const ids = found.guests.map(({ vmId }) => vmId);
  assert.deepEqual(ids, [...new Set(ids)], `a VM runs twice: ${JSON.stringify(found.guests)}`);
  return found;
}

async function lookAt(host: LabHost, controllerId: string): Promise<Found> {
  const stateFolder = `/var/lib/croft/node/${controllerId}`;
  const output = await must(host.exec(['sh', '-c', script, 'sh', stateFolder]), `looking at ${host.name}`);
  const lines = output.split('\n').map((line) => line.split(' '));
  const those = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...words]) => words);
  const recorded = those('folder').flatMap(([id = '', started = '', ...record]) =>
    started !== '' && record.join(' ').includes(started) ? [id] : [],
  );
  const flows = new Set(those('flow').map(([port]) => port));
  const ports = those('port').map(([, vm = '', tag, ofport]) => ({
    vmId: vm.replaceAll('"', ''),
    tag: Number(tag),
    whole: flows.has(ofport),
  }));
  const guests = those('guest').flatMap(([pid, ...words]) => {
    const vmId = /guest=([a-z2-7]{16}),/.exec(words.join(' '))?.[1];
    // A controller that starts has each node's QEMU say what it can do: that is no VM.
    if (vmId === undefined) return [];
    const own = ports.filter((port) => port.vmId === vmId && port.whole);
    const memory = Number(/ -m (\d+)K /.exec(words.join(' '))?.[1]) / 1024;
    const isAsRecorded = recorded.includes(vmId);
    return [{ vmId, host: host.name, pid: Number(pid), memory, isAsRecorded, tags: own.map(({ tag }) => tag).sort() }];
  });
  return {
    guests,
    routers: those('router').map(([namespace = '', dnsmasqs, ...addresses]) => {
      return { namespace, host: host.name, dnsmasqs: Number(dnsmasqs), addresses: addresses.sort() };
    }),
    folders: those('folder').map(([id = '']) => id),
    strayPorts: ports.filter((port) => !guests.some(({ vmId }) => vmId === port.vmId)).map(({ vmId }) => vmId),
  };
}
