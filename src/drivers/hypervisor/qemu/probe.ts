/** Whether QEMU and the other requirements of a VM are present on a node. */
import { type Call, type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { limitedResources } from '../../../model/node/node.ts';
import type { DriverProbe } from '../driver.ts';
import { groupPlaces } from '../vm-folder/cgroups.ts';

const probeScript = readScript(import.meta.url, 'scripts/probe.sh');

/** See `NodeHypervisor.probe`. */
export function probeQemu(): Call<DriverProbe> {
  return {
    command: { argv: ['sh', '-c', probeScript, 'croft-probe', ...groupPlaces] },
    parse({ code, stdout, stderr }) {
      const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
      if (code === 0 && version !== undefined) {
        return { usable: true, version, limits: limitedResources.filter((resource) => stdout.includes(`\nlimits ${resource}\n`)) };
      }
      return { usable: false, reason: stderr.trim() || `it ended with exit code ${code}` };
    },
  };
}

/** Major and minor version of the QEMU that VMs are started with. */
export async function installedVersion(host: Host): Promise<string> {
  const result = await run(host, { argv: ['qemu-system-x86_64', '--version'] });
  const version = /version (\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version !== undefined) return version;
  throw new CroftError('node.unfit', `the version of QEMU on ${host.name} cannot be read: ${result.stderr.trim()}`, { node: host.name });
}
