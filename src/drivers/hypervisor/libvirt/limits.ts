/**
 * The limits of a domain on its node, by libvirt's control groups. They are set once the domain runs: without such groups libvirt starts
 * no domain with a limit in its XML, and a memory limit in the XML is also a limit of locked memory, which not every node lets libvirt
 * set. libvirt advises against memory limits since QEMU's own need beside the guest's is unknown; this limit leaves the same reserve as
 * for plain QEMU.
 */
import { type Call, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { limitedResources } from '../../../model/node/node.ts';
import type { DriverProbe } from '../driver.ts';
import { memoryLimit } from '../vm-folder/cgroups.ts';
import { type DomainReach, domainArguments } from './control.ts';
import type { LibvirtOptions } from './identity.ts';

/** The settings of `limit_domain`, as arguments; without `memory` the memory limit stays as it is. */
export function limitsOf(cpus: number, memory: number | null): [cpus: string, kibibytes: string] {
  return [String(cpus), memory === null ? '' : String(Math.ceil(memoryLimit(memory) / 1024))];
}

const limitScript = readScript(import.meta.url, 'scripts/limit.sh');

export const groupRoot = '/sys/fs/cgroup';

/** After CPUs were added to the VM. */
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
