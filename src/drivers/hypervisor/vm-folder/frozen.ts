/**
 * File systems in a guest that stand still while its disks are snapshotted. They go on whatever comes between: that they may
 * stand still is noted on the node before they are told to, and whoever finds the note later tells them to go on.
 */
import { type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { vmFolders } from './identity.ts';

/** The agent in the guest. */
export interface GuestFileSystems {
  /** False where it is certain that they go on. */
  freeze(): Promise<boolean>;
  /** False where it is not known that they go on. */
  thaw(): Promise<boolean>;
}

/** As if power were cut where the guest does not freeze its file systems. */
export async function whileFrozen(
  node: NodeReach,
  vm: VmReference,
  fileSystems: GuestFileSystems,
  work: () => Promise<void>,
): Promise<void> {
  await note(node, vm, true);
  const frozen = await fileSystems.freeze();
  try {
    await work();
  } finally {
    // What goes wrong here is put right by the next pass; it must not hide how the work went.
    await letGo(node, vm, async () => !frozen || (await fileSystems.thaw())).catch(() => undefined);
  }
}

/** For a VM whose snapshot was cut off. False where its file systems may stand still yet. */
export async function letGo(node: NodeReach, vm: VmReference, thaw: () => Promise<boolean>): Promise<boolean> {
  const goesOn = await thaw();
  if (goesOn) await note(node, vm, false);
  return goesOn;
}

const noteFrozen = readScript(import.meta.url, 'scripts/note-frozen.sh');

async function note(node: NodeReach, vm: VmReference, frozen: boolean): Promise<void> {
  const { host, layout } = node;
  const argv = ['sh', '-c', noteFrozen, 'croft-frozen', vmFolders(layout, vm.id).run, frozen ? 'frozen' : ''] as const;
  const { code, stderr } = await run(host, { argv });
  if (code === 0) return;
  throw new CroftError('command.failed', `the freeze of a guest's file systems cannot be recorded on ${host.name}: ${stderr.trim()}`, {
    node: host.name,
  });
}

/** Its guest's file systems may stand still, and nobody in there says otherwise. */
export function stillFrozen({ name }: Host, { label }: VmReference): CroftError {
  const message = `the file systems in the guest of VM ${label} on ${name} may still be frozen since an interrupted snapshot: its agent does not answer`;
  return new CroftError('command.timeout', message, { node: name, hint: 'Restart the agent in the guest, or reset the VM.' });
}
