/** Snapshots of all volumes of a VM at one instant, and the restore of one snapshot without losing the others. */
import { type Call, type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import type { NodeLayout, ObservedSnapshot, VmReference } from '../driver.ts';

/** Exit codes of the scripts: there is no such snapshot; the name is in use. */
const unknown = 44;
const taken = 45;

const takeScript = readScript(import.meta.url, 'scripts/take-snapshot.sh');

const revertScript = readScript(import.meta.url, 'scripts/revert-volumes.sh');

const removeScript = readScript(import.meta.url, 'scripts/remove-snapshot.sh');

const listScript = readScript(import.meta.url, 'scripts/list-snapshots.sh');

export interface SnapshotPlace {
  host: Host;
  /** Of the VM's volumes. */
  dataset: string;
  name: string;
}

/** `now` in ms since 1970. Rejects with `conflict.exists`. */
export async function takeSnapshot(place: SnapshotPlace, now: number): Promise<void> {
  await change(place, takeScript, 'be taken', String(now));
}

/** The VM must not run. `word` is not used twice. Rejects with `not-found`. */
export async function revertVolumes(place: SnapshotPlace, word: string): Promise<void> {
  await change(place, revertScript, 'be put back', word);
}

export async function removeSnapshot(place: SnapshotPlace): Promise<void> {
  await change(place, removeScript, 'be removed');
}

/** Oldest first. */
export function listSnapshots(layout: NodeLayout, { id }: VmReference): Call<ObservedSnapshot[]> {
  return {
    command: { argv: ['sh', '-c', listScript, 'croft-snapshots', layout.stateFolder, id] },
    parse({ stdout }) {
      const found = stdout.split('\n').flatMap((line) => {
        const [dataset = '', at = ''] = line.split('\t');
        const name = new RegExp(`/vms/${id}/[^/@]+@croft-(.+)$`).exec(dataset)?.[1];
        return name === undefined ? [] : [{ name, memory: false, at: Number(at) || 0 }];
      });
      return found.sort((a, b) => a.at - b.at);
    },
  };
}

async function change({ host, dataset, name }: SnapshotPlace, script: string, what: string, ...parameters: string[]): Promise<void> {
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) {
    throw new CroftError('input.invalid', `"${name}" cannot be the name of a snapshot`, { hint: 'Use letters, digits, ".", "_" and "-".' });
  }
  const result = await run(host, { argv: ['sh', '-c', script, 'croft-snapshot', dataset, name, ...parameters], timeout: 120_000 });
  if (result.code === 0) return;
  if (result.code === unknown) throw new CroftError('not-found', `there is no snapshot ${name}`);
  if (result.code === taken) throw new CroftError('conflict.exists', `there is a snapshot ${name} already`);
  throw zfsFailure(`the snapshot ${name} could not ${what} on ${host.name}`, result);
}
