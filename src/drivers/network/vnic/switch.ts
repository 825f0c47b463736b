/** Joins the VMs of an illumos node: its uplink, or a virtual switch of the controller's; and reverts both. */
import { type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { UnderlayPlan } from '../../../model/network/underlay.ts';
import { removeFiles } from '../../../tools/file.ts';
import type { NodeReach } from '../../hypervisor/driver.ts';
import { etherstubName, nicOfVnic } from '../names.ts';
import { recordUnderlay, requireTrunk, underlayPath } from '../underlay-record.ts';
import { detachVnics } from './ports.ts';
import { plansFolder, readVnicState } from './state.ts';

/** See `NodeNetwork.ensureUnderlay`. The virtual switch exists until the next reboot of the node, as do the links over it. */
export async function ensureSwitch({ host, layout }: NodeReach, plan: UnderlayPlan): Promise<void> {
  const trunk = requireTrunk(host.name, 'vnic', plan);
  const [{ classes, vnics }] = await perform(host, readVnicState(layout));
  const { uplink } = trunk;
  const stub = etherstubName(layout.controllerId);
  if (uplink === null) {
    if (!classes.has(stub)) await change(host, 'create-etherstub', stub);
  } else if (!classes.has(uplink)) {
    throw new CroftError('network.port', `VMs of ${host.name} cannot be joined by the uplink ${uplink}: there is no such link`, {
      hint: 'Name a link that the node has; "dladm show-link" lists them.',
      node: host.name,
    });
  }
  // Links over the switch are recreated over the uplink; until then the switch stays.
  if (uplink !== null && classes.has(stub) && !vnics.some(({ over }) => over === stub)) await change(host, 'delete-etherstub', stub);
  await perform(host, recordUnderlay(layout, trunk));
}

/** See `NodeNetwork.purge`. No zone that has a link may run. */
export async function purgeVnics(node: NodeReach): Promise<void> {
  const { host, layout } = node;
  const [{ vnics, classes }] = await perform(host, readVnicState(layout));
  const own = vnics.map(({ name }) => name).filter((name) => nicOfVnic(layout.controllerId, name) !== null);
  await detachVnics(node, own);
  const stub = etherstubName(layout.controllerId);
  if (classes.has(stub)) await change(host, 'delete-etherstub', stub);
  await perform(host, removeFiles(plansFolder(layout), underlayPath(layout)));
}

async function change(host: Host, command: 'create-etherstub' | 'delete-etherstub', name: string): Promise<void> {
  const { code, stderr } = await run(host, { argv: ['dladm', command, '-t', name] });
  if (code === 0) return;
  throw new CroftError('network.port', `the virtual switch ${name} of ${host.name}: ${stderr.trim() || `${command}: exit code ${code}`}`, {
    node: host.name,
  });
}
