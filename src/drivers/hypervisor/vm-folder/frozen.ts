/**
 * Freezes file systems in a guest while its disks are snapshotted. They are thawed whatever happens in between: a note on the node is
 * written before the freeze, and a pass that finds the note later thaws them.
 */
import { type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { vmFolders } from './identity.ts';

/** The agent in the guest. */
export interface GuestFileSystems {
  /** False where they are certainly thawed. */
  freeze(): Promise<boolean>;
  /** False where it is not known that they are thawed. */
  thaw(): Promise<boolean>;
}

/** As after a power cut where the guest does not freeze its file systems. */
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
    // A failure here is repaired by the next pass; it must not hide the result of the work.
    await letGo(node, vm, async () => !frozen || (await fileSystems.thaw())).catch(() => undefined);
  }
}

/** For a VM whose snapshot was interrupted. False where its file systems may still be frozen. */
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

/** Its guest's file systems may be frozen, and no agent in the guest reports otherwise. */
export function stillFrozen({ name }: Host, { label }: VmReference): CroftError {
  const message = `the file systems in the guest of VM ${label} on ${name} may still be frozen since an interrupted snapshot: its agent does not answer`;
  return new CroftError('command.timeout', message, { node: name, hint: 'Restart the agent in the guest, or reset the VM.' });
}
