/** The names and locations of a VM on a node with zones. */
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import type { NodeLayout } from '../driver.ts';

export interface ZonePlaces {
  /** Of the zone; bhyve uses the same name for the VM, in at most 31 bytes. */
  zone: string;
  /** The zone's own file system. Only zones of this controller lie there: the location identifies their owner. */
  zonepath: string;
  /** The record of the VM, its seed, and how it was started and stopped. */
  folder: string;
  seed: string;
  /** Below the zone's root, where bhyve makes the socket of its screen and its log. */
  temporary: string;
}

/** All zones of a controller lie in the file system mounted here. */
export function zonesFolder(layout: NodeLayout): string {
  return `${layout.stateFolder}/zones`;
}

export function zonePlaces(layout: NodeLayout, vmId: string): ZonePlaces {
  if (!identifierPattern.test(vmId)) throw new CroftError('internal', `"${vmId}" is not an identifier of a VM`);
  const zonepath = `${zonesFolder(layout)}/${vmId}`;
  const folder = `${layout.stateFolder}/vms/${vmId}`;
  return { zone: `croft-${vmId}`, zonepath, folder, seed: `${folder}/seed.iso`, temporary: `${zonepath}/root/tmp` };
}

/** The VM of a zone of this controller; null for any other zone. */
export function vmOfZone(layout: NodeLayout, { name, zonepath }: { name: string; zonepath: string }): string | null {
  const id = name.replace(/^croft-/, '');
  return identifierPattern.test(id) && name === `croft-${id}` && zonepath === `${zonesFolder(layout)}/${id}` ? id : null;
}

/** Of bhyve, in `temporary`. */
export const screenSocket = 'vm.vnc';
