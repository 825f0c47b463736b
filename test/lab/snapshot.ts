/** What a lab host has at one moment: what must be the same again once a slice has come and gone. */

/** Each list is sorted. */
export interface HostSnapshot {
  interfaces: string[];
  namespaces: string[];
  /** Bridge and port pairs of Open vSwitch. */
  ports: string[];
  /** Lines of the nftables rule set without counters and handles. */
  nft: string[];
  /** Command lines of what runs by itself, that is not under a login through sshd. */
  processes: string[];
  mounts: string[];
  /** Paths below the folders that Croft and Open vSwitch write to. */
  files: string[];
}

const sections = ['interfaces', 'namespaces', 'ports', 'nft', 'processes', 'mounts', 'files'] as const;

/** Run as `sh -c` on the host. Processes are printed as `pid ppid command line`. */
export const snapshotScript = String.raw`
echo '== interfaces'
ls /sys/class/net
echo '== namespaces'
ls /run/netns
echo '== ports'
for bridge in $(timeout 5 ovs-vsctl list-br); do
  echo "$bridge"
  for port in $(timeout 5 ovs-vsctl list-ports "$bridge"); do echo "$bridge $port"; done
done
echo '== nft'
nft --stateless list ruleset
echo '== processes'
for folder in /proc/[0-9]*; do
  [ -r "$folder/stat" ] || continue
  set -- $(sed 's/.*) //' "$folder/stat" 2>/dev/null)
  printf '%s %s %s\n' "$(basename "$folder")" "$2" "$(tr '\0\n' '  ' 2>/dev/null <"$folder/cmdline")"
done
echo '== mounts'
cut -d ' ' -f 5 /proc/self/mountinfo
echo '== files'
find /run /tmp /var/lib/croft /etc/openvswitch -mindepth 1 -path /run/lab -prune -o -print
`;

export function parseSnapshot(output: string): HostSnapshot {
  const lists = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of output.split('\n')) {
    const title = /^== (.*)$/.exec(line)?.[1];
    if (title !== undefined) {
      current = [];
      lists.set(title, current);
    } else if (line.trim() !== '') {
      current.push(line.trimEnd());
    }
  }
  lists.set('processes', withoutLogins(lists.get('processes') ?? []));
  return Object.fromEntries(sections.map((section) => [section, (lists.get(section) ?? []).sort()])) as unknown as HostSnapshot;
}

/** Drops what sshd's sessions started and what entered the host from outside, whose parent is process 0: the snapshot itself. */
function withoutLogins(lines: readonly string[]): string[] {
  const processes = lines.flatMap((line) => {
    const [, pid, parent, command] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
    return pid === undefined || parent === undefined || command === undefined ? [] : [{ pid, parent, command: command.trim() }];
  });
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const isVisitor = (process: (typeof processes)[number]): boolean => {
    if (process.pid === '1') return false;
    const parent = byPid.get(process.parent);
    if (parent === undefined) return process.parent === '0';
    return parent.command.startsWith('sshd: /usr/sbin/sshd') || isVisitor(parent);
  };
  return processes.filter((process) => process.command !== '' && !isVisitor(process)).map((process) => process.command);
}
