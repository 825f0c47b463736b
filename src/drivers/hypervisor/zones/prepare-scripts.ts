/** The constant shell scripts that make a VM's volumes, seed and record on a node with zones. POSIX sh; data reaches them as arguments and input only. */
import { zfsFunctions } from '../../../tools/zfs.ts';
import { zoneStateFunction } from '../../../tools/zoneadm.ts';
import { settleVolumes } from './scripts.ts';

/**
 * Prints the state of the zone, the record of the VM or an empty line, whether its seed is there, and its volumes.
 * Arguments: name, zonepath, folder of the VM, dataset of its volumes.
 */
export const showPrepared = `
${zoneStateFunction}
zone_state "$1" "$2"
line=
[ ! -f "$3/launch.json" ] || IFS= read -r line <"$3/launch.json" || :
printf '%s\\n%s\\n' "$zone" "$line"
if [ -f "$3/seed.iso" ]; then echo seed; else echo; fi
zfs list -H -o name -t volume -r "$4/head" 2>/dev/null
exit 0
`;

/**
 * Makes the folder and the dataset, and removes volumes that the VM no longer has. Arguments: name, zonepath, folder of the
 * VM, dataset of its volumes, then the names of the volumes that stay.
 */
export const prepareVolumes = `
set -eu
${settleVolumes}
${zoneStateFunction}
name=$1 path=$2 folder=$3 dataset=$4
shift 4
(umask 077 && mkdir -p "$folder")
has "$dataset" || zfs create "$dataset"
settle "$dataset"
has "$dataset/head" || zfs create "$dataset/head"
for volume in $(zfs list -H -o name -t volume -r "$dataset/head"); do
  for kept in "$@"; do
    [ "$kept" != "\${volume##*/}" ] || continue 2
  done
  zone_state "$name" "$path"
  case $zone in
  none | configured | incomplete | installed) zfs destroy -r "$volume" ;;
  *) echo "the zone $name still uses $volume" >&2; exit 1 ;;
  esac
done
`;

/** Makes a volume unless it is there; one that is there grows to its size. Arguments: volume, the snapshot that it is a clone of, size; the latter two may be empty. */
export const prepareVolume = `
set -eu
${zfsFunctions}
if ! has "$1"; then
  if [ -n "$2" ]; then zfs clone "$2" "$1"; else zfs create -s -V "$3" "$1"; fi
fi
[ -z "$3" ] || grow "$1" "$3"
`;

/** Brings a zone from \`configured\` or \`incomplete\` to \`installed\`. Arguments: name, zonepath. */
export const installZone = `
set -eu
${zoneStateFunction}
zone_state "$1" "$2"
if [ "$zone" = incomplete ]; then
  zoneadm -z "$1" uninstall -F
  zone=configured
fi
[ "$zone" != configured ] || zoneadm -z "$1" install >&2
`;

/** Writes the record, which is there once everything else is, whole or not at all. Arguments: folder, record. */
export const writeRecord = `
set -eu
umask 077
trap 'rm -f "$1/launch.new"' EXIT
printf '%s\\n' "$2" >"$1/launch.new"
mv -f "$1/launch.new" "$1/launch.json"
`;

/** Writes the seed, whole or not at all. Argument: folder. */
export const writeSeed = `
set -eu
umask 077
trap 'rm -f "$1/seed.new"' EXIT
cat >"$1/seed.new"
mv -f "$1/seed.new" "$1/seed.iso"
`;
