/**
 * What a domain may take of its node, by libvirt's control groups. It is set once the domain runs: where libvirt has no such
 * groups it starts no domain that is described with a limit, and a limit of memory in the description is one of locked memory too,
 * which not every node lets it set. libvirt advises against limits of memory since nobody knows what QEMU needs beside the guest's;
 * this one has the same room to spare as for plain QEMU. POSIX sh; data reaches the scripts as arguments only.
 */
import { type Call, run } from '../../../host/host.ts';
import { limitedResources } from '../../../model/node/node.ts';
import { virshFunctions } from '../../../tools/virsh.ts';
import type { DriverProbe } from '../driver.ts';
import { memoryLimit } from '../vm-folder/cgroups.ts';
import { type DomainReach, domainArguments } from './control.ts';
import type { LibvirtOptions } from './identity.ts';

/** What `limit_domain` sets, as arguments; without `memory` that stays as it is. */
export function limitsOf(cpus: number, memory: number | null): [cpus: string, kibibytes: string] {
  return [String(cpus), memory === null ? '' : String(Math.ceil(memoryLimit(memory) / 1024))];
}

/**
 * limit_domain ROOT DOMAIN CPUS KIBIBYTES: gives it a share of the processors by its CPUs, which the control groups of now count
 * otherwise than those of old, and so much memory at the most, or as before where that is empty. ROOT is where groups are. What
 * cannot be set is left out: a VM runs without as well. Needs the functions of virsh.
 */
export const limitFunctions = `
limit_domain() {
  shares=$(($3 * 1024))
  if [ -f "$1/cgroup.controllers" ]; then
    shares=$(($3 * 100))
    [ "$shares" -le 10000 ] || shares=10000
  fi
  set -- "$2" "$shares" "$4"
  if [ -n "$3" ]; then set -- "$1" "$2" "; memtune $1 --live --hard-limit $3"; fi
  virsh_in 15 "schedinfo $1 --live --set cpu_shares=$2$3" >/dev/null 2>&1 || :
}
`;

/** Arguments: connection, UUID, namespace, mark, then those of limit_domain but the domain. */
const limitScript = `
${virshFunctions}
${limitFunctions}
uri=$1 uuid=$2
require_own "$2" "$3" "$4"
limit_domain "$5" "$uuid" "$6" "$7"
`;

export const groupRoot = '/sys/fs/cgroup';

/** After CPUs came to the VM. */
export async function limitCpus(reach: DomainReach, cpus: number): Promise<void> {
  const argv = ['sh', '-c', limitScript, 'croft-limit', ...domainArguments(reach), groupRoot, ...limitsOf(cpus, null)] as const;
  await run(reach.host, { argv, timeout: 45_000 });
}

/**
 * Prints libvirt's version, then what it limits: only a domain tells. So one is made that does nothing, and that is gone with the
 * connection of the virsh that asks. Argument: connection.
 */
const probeScript = `
${virshFunctions}
uri=$1
command -v virsh >/dev/null || { echo 'virsh is not installed' >&2; exit 1; }
words=$(virsh_in 30 version 2>&1) || on_failure "$?" "$words"
printf '%s\\n' "$words"
name=croft-probe-$$
words=$(printf '<domain type="qemu"><name>%s</name><memory>8192</memory><os><type arch="x86_64">hvm</type></os></domain>' "$name" |
  virsh_in 30 "create /dev/stdin --paused --autodestroy; schedinfo $name; memtune $name" 2>/dev/null)
rm -f "/var/log/libvirt/qemu/$name.log"
case $words in *hard_limit*) echo 'limits memory' ;; esac
case $words in *cpu_shares*) echo 'limits cpus' ;; esac
exit 0
`;

/** See `HypervisorDriver.probe`. */
export function probeLibvirt({ uri }: LibvirtOptions): Call<DriverProbe> {
  return {
    command: { argv: ['sh', '-c', probeScript, 'croft-probe', uri], timeout: 90_000 },
    parse({ code, stdout, stderr }) {
      const version = /library: libvirt (\d+(?:\.\d+)+)/.exec(stdout)?.[1];
      if (code === 0 && version !== undefined) {
        return { usable: true, version, limits: limitedResources.filter((resource) => stdout.includes(`\nlimits ${resource}\n`)) };
      }
      const words = stderr
        .trim()
        .replace(/^error: /gm, '')
        .replaceAll('\n', '; ');
      return { usable: false, reason: words || 'libvirt does not answer' };
    },
  };
}
