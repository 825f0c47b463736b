/** The controller's folders on a node: creates them, and removes them without a trace. */
import { run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeReach } from '../driver.ts';
import { dropGroups, groupName, groupPlaces } from './cgroups.ts';

/** Exit code of prepareScript where a parent folder denies access to the VMs' users. */
const closedFolder = 77;

const prepareScript = readScript(import.meta.url, 'scripts/prepare-node.sh');

const purgeScript = readScript(import.meta.url, 'scripts/purge-node.sh');

/** Prepares the folders. Repeating the call does no harm. Rejects with `node.unfit` where VMs could not reach their files in them. */
export async function prepareNode(node: NodeReach): Promise<void> {
  await onFolders(node, prepareScript, 'could not be made');
}

/** Removes the controller's folders with all content. No VM may run. */
export async function purgeNode(node: NodeReach): Promise<void> {
  await onFolders(node, purgeScript, 'could not be removed');
  const { controllerId } = node.layout;
  await run(node.host, { argv: ['sh', '-c', dropGroups, 'croft-groups', groupPlaces[0], groupName(controllerId)] });
}

async function onFolders({ host, layout }: NodeReach, script: string, failure: string): Promise<void> {
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
