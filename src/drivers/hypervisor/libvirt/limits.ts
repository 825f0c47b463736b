/**
 * What a domain may take of its node, by libvirt's control groups. It is set once the domain runs: where libvirt has no such
 * groups it starts no domain that is described with a limit, and a limit of memory in the description is one of locked memory too,
 * which not every node lets it set. libvirt advises against limits of memory since nobody knows what QEMU needs beside the guest's;
 * this one has the same room to spare as for plain QEMU.
 */
import { type Call, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { limitedResources } from '../../../model/node/node.ts';
import type { DriverProbe } from '../driver.ts';
import { memoryLimit } from '../vm-folder/cgroups.ts';
import { type DomainReach, domainArguments } from './control.ts';
import type { LibvirtOptions } from './identity.ts';

/** What `limit_domain` sets, as arguments; without `memory` that stays as it is. */
export function limitsOf(cpus: number, memory: number | null): [cpus: string, kibibytes: string] {
  return [String(cpus), memory === null ? '' : String(Math.ceil(memoryLimit(memory) / 1024))];
}

const limitScript = readScript(import.meta.url, 'scripts/limit.sh');

export const groupRoot = '/sys/fs/cgroup';

/** After CPUs came to the VM. */
export async function limitCpus(reach: DomainReach, cpus: number): Promise<void> {
  const argv = ['sh', '-c', limitScript, 'croft-limit', ...domainArguments(reach), groupRoot, ...limitsOf(cpus, null)] as const;
  await run(reach.host, { argv, timeout: 45_000 });
}

const probeScript = readScript(import.meta.url, 'scripts/probe.sh');

/** See `NodeHypervisor.probe`. */
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
