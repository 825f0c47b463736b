/** Snapshots of all volumes of a VM at one instant, and putting the VM back to one without losing the others. */
import { type Call, type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import type { NodeLayout, ObservedSnapshot } from '../driver.ts';
import { settleVolumes } from './scripts.ts';

/** Exit codes of the scripts: there is no such snapshot; there is one already. */
const unknown = 44;
const taken = 45;

/**
 * find_snapshot DATASET NAME: sets \`holder\` to the dataset that has the snapshot, or to nothing. A VM's present volumes are in
 * \`head\`; \`past-…\` are those that it was put back from, kept as long as they have a snapshot.
 */
const findSnapshot = `
${settleVolumes}
find_snapshot() {
  holder=
  for place in $(zfs list -H -o name -t filesystem -r "$1"); do
    if has "$place@croft-$2"; then holder=$place; fi
  done
}
`;

/** Arguments: dataset of the VM's volumes, name, ms since 1970. One \`zfs snapshot -r\` is one instant for all volumes. */
const takeScript = `
set -eu
${findSnapshot}
settle "$1"
find_snapshot "$1" "$2"
[ -z "$holder" ] || exit ${taken}
zfs snapshot -r -o "croft:at=$3" "$1/head@croft-$2"
`;

/**
 * Arguments: dataset of the VM's volumes, name, a word for what is set aside. The volumes as they were become clones in
 * \`next\`; one that the snapshot does not have stays as it is. Then \`head\` is set aside, or removed where it has no snapshot,
 * and \`next\` becomes \`head\`: whenever this is cut, \`settle\` finishes it or takes it back.
 * \`zfs rollback\` would not do: it destroys all later snapshots.
 */
const revertScript = `
set -eu
${findSnapshot}
settle "$1"
find_snapshot "$1" "$2"
[ -n "$holder" ] || exit ${unknown}
zfs create "$1/next"
for volume in $(zfs list -H -o name -t volume -r "$1/head"); do
  name=\${volume##*/}
  origin=$holder/$name@croft-$2
  if ! has "$origin"; then
    origin=$volume@carried-$3
    zfs snapshot "$origin"
  fi
  zfs clone "$origin" "$1/next/$name"
done
if [ -n "$(zfs list -H -o name -t snapshot -r "$1/head")" ]; then
  zfs rename "$1/head" "$1/past-$3"
else
  zfs destroy -r "$1/head"
fi
zfs rename "$1/next" "$1/head"
`;

/**
 * Arguments: dataset of the VM's volumes, name. A snapshot that the present volumes are clones of goes with the last of them
 * (\`-d\`); what was set aside and has no snapshot any more goes too, unless something is a clone of it still.
 */
const removeScript = `
set -eu
${findSnapshot}
has "$1" || exit 0
settle "$1"
find_snapshot "$1" "$2"
[ -z "$holder" ] || zfs destroy -d -r "$holder@croft-$2"
snapshots=$(zfs list -H -o name -t snapshot -r "$1")
for place in $(zfs list -H -o name -t filesystem -r "$1"); do
  case $place in "$1"/past-*) ;; *) continue ;; esac
  case $snapshots in *"$place@croft-"*) ;; *) zfs destroy -r "$place" 2>/dev/null || : ;; esac
done
`;

/** Argument: state folder, VM. Prints names and times. */
const listScript = `
[ -f "$1/dataset" ] || exit 0
read -r dataset <"$1/dataset"
zfs list -H -o name,croft:at -t snapshot -r "$dataset/vms/$2" 2>/dev/null
exit 0
`;

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
export function listSnapshots(layout: NodeLayout, vmId: string): Call<ObservedSnapshot[]> {
  return {
    command: { argv: ['sh', '-c', listScript, 'croft-snapshots', layout.stateFolder, vmId] },
    parse({ stdout }) {
      const found = stdout.split('\n').flatMap((line) => {
        const [dataset = '', at = ''] = line.split('\t');
        const name = new RegExp(`/vms/${vmId}/[^/@]+@croft-(.+)$`).exec(dataset)?.[1];
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
