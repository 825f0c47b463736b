/** The controller's place on a node with zones: creates one ZFS dataset and two folders, and removes them without a trace. */
import { run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import type { NodeReach } from '../driver.ts';

/**
 * Exit codes of prepareScript: the state folder lies in a boot environment, on no ZFS file system; another owner has a dataset of this
 * name.
 */
const inBootEnvironment = 76;
const noZfs = 77;
const taken = 78;

const prepareScript = readScript(import.meta.url, 'scripts/prepare-node.sh');

const purgeScript = readScript(import.meta.url, 'scripts/purge-node.sh');

/** Repeating the call does no harm. Rejects with `node.unfit` where the state folder is not on ZFS, or in a boot environment. */
export async function prepareZonesNode(node: NodeReach): Promise<void> {
  await onNode(node, prepareScript, 'could not be made');
}

/** No zone of the controller may be left. */
export async function purgeZonesNode(node: NodeReach): Promise<void> {
  await onNode(node, purgeScript, 'could not be removed');
}

/** The controller's dataset. Rejects with `node.unfit` where the node was not prepared. */
export async function readDataset({ host, layout: { stateFolder } }: NodeReach): Promise<string> {
  const { code, stdout } = await run(host, { argv: ['cat', `${stateFolder}/dataset`] });
  const dataset = stdout.trim();
  if (code === 0 && dataset !== '') return dataset;
  throw new CroftError('node.unfit', `${host.name} has no dataset for VMs yet`, { node: host.name });
}

async function onNode({ host, layout }: NodeReach, script: string, failure: string): Promise<void> {
  const { stateFolder, runFolder, controllerId } = layout;
  const result = await run(host, {
    argv: ['sh', '-c', script, 'croft-node', stateFolder, runFolder, controllerId],
    timeout: 120_000,
  });
  if (result.code === 0) return;
  const said = result.stderr.trim();
  if (result.code === noZfs) {
    throw new CroftError('node.unfit', `the state folder ${stateFolder} of ${host.name} is not on ZFS: ${said}`, {
      hint: 'Give the node a state folder on a ZFS file system.',
      node: host.name,
    });
  }
  if (result.code === inBootEnvironment) {
    const pool = said.split('/')[0];
    throw new CroftError(
      'node.unfit',
      `the state folder ${stateFolder} of ${host.name} lies in the boot environment ${said}, which updates of the system clone and remove with all that is in it`,
      {
        hint: `Make a file system for it there (zfs create -o mountpoint=/data ${pool}/data), and add the node again with --state-folder /data/croft.`,
        node: host.name,
      },
    );
  }
  if (result.code === taken) {
    throw new CroftError('conflict.exists', `the dataset ${said} of ${host.name} is there and is not this controller's`, {
      hint: `Look at it on ${host.name}: zfs get all ${said}`,
      node: host.name,
    });
  }
  throw zfsFailure(`${stateFolder} and ${runFolder} on ${host.name} ${failure}`, result);
}
