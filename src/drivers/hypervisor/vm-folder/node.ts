/** The controller's folders on a node: making them, and removing them without a trace. */
import { type Call, type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { limitedResources } from '../../../model/node/node.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { DriverProbe, NodeLayout } from '../driver.ts';
import { dropGroups, groupName, groupPlaces } from './cgroups.ts';

/** Exit code of prepareScript where a folder above does not let the VMs' users pass. */
const closedFolder = 77;

const prepareScript = readScript(import.meta.url, 'scripts/prepare-node.sh');

const purgeScript = readScript(import.meta.url, 'scripts/purge-node.sh');

const probeScript = readScript(import.meta.url, 'scripts/probe.sh');

/** See `HypervisorDriver.probe`. */
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

/** Makes the folders ready. Repeating it does no harm. Rejects with `node.unfit` where VMs could not reach their files in them. */
export async function prepareNode(host: Host, layout: NodeLayout): Promise<void> {
  await onFolders(host, layout, prepareScript, 'could not be made');
}

/** Removes the controller's folders with all that is in them. No VM may run. */
export async function purgeNode(host: Host, layout: NodeLayout): Promise<void> {
  await onFolders(host, layout, purgeScript, 'could not be removed');
  await run(host, { argv: ['sh', '-c', dropGroups, 'croft-groups', groupPlaces[0], groupName(layout.controllerId)] });
}

async function onFolders(host: Host, layout: NodeLayout, script: string, failure: string): Promise<void> {
  const { stateFolder, runFolder } = layout;
  const result = await run(host, { argv: ['sh', '-c', script, 'croft-node', stateFolder, runFolder], timeout: 120_000 });
  if (result.code === 0) return;
  if (result.code === closedFolder) {
    const folder = result.stderr.trim();
    throw new CroftError('node.unfit', `${folder} on ${host.name} does not let the users of VMs pass to their files`, {
      hint: `Run on ${host.name}: chmod o+x ${folder}`,
      node: host.name,
    });
  }
  throw diskFailure(`${stateFolder} and ${runFolder} on ${host.name} ${failure}`, result, host.name);
}
