/** The constant shell scripts that start and end a VM's zone. POSIX sh, with no program that illumos lacks; data reaches them as arguments only. */
import { zfsFunctions } from '../../../tools/zfs.ts';
import { zoneStateFunction } from '../../../tools/zoneadm.ts';

/** boot_time: sets \`boot\` to when the node started, as the kernel counts it. */
export const bootTime = `
boot_time() {
  boot=$(kstat -p unix:0:system_misc:boot_time) || boot=
  boot=\${boot##*[!0-9]}
}
`;

/**
 * settle DATASET: finishes putting a VM back to a snapshot, or takes back what was not complete; see revertVolumes. \`next\`
 * is complete exactly where \`head\` is gone.
 */
export const settleVolumes = `
${zfsFunctions}
settle() {
  has "$1/next" || return 0
  if has "$1/head"; then
    zfs destroy -r "$1/next"
  else
    zfs rename "$1/next" "$1/head"
  fi
}
`;

/** A fraction of a second where sleep knows it, as on illumos and Linux. */
const nap = `
nap() {
  sleep 0.25 2>/dev/null || sleep 1
}
`;

/**
 * words FOLDER: the end of what bhyve printed. The folder belongs to the zone, which must not lead anyone out of it, so it
 * is entered only where it is what its name says.
 */
export const bhyveWords = `
words() (
  cd -P "$1" 2>/dev/null && [ "$(pwd -P)" = "$1" ] && [ -f init.log ] && [ ! -h init.log ] && tail -c "$2" init.log
)
`;

/** Exit code of startZone where there is no zone that could be booted. */
export const notInstalled = 79;

/**
 * Boots the zone unless it runs. Arguments: name, zonepath, folder of the VM, dataset of its volumes, folder of bhyve's log,
 * hash of its launch. A bhyve that cannot run ends at once, and its zone with it, so the zone is looked at again. The input is
 * what the VM is started from, kept with the hash of that, for root alone: it holds what its seed does.
 */
export const startZone = `
set -eu
${bootTime}
${settleVolumes}
${zoneStateFunction}
${bhyveWords}
${nap}
name=$1 path=$2 folder=$3 dataset=$4 log=$5 hash=$6
launch=$(cat)
zone_state "$name" "$path"
case $zone in
installed) ;;
running | ready | mounted | shutting_down | down) exit 0 ;;
*) echo "the zone $name is in the state $zone" >&2; exit ${notInstalled} ;;
esac
settle "$dataset"
fail() {
  rm -f "$folder/started"
  exit 1
}
boot_time
rm -f "$folder/stopping"
(umask 077 && printf '%s\\n' "$(date +%s) $hash $boot" "$launch" >"$folder/started.new")
mv -f "$folder/started.new" "$folder/started"
zoneadm -z "$name" boot || fail
for round in 1 2; do
  nap
  zone_state "$name" "$path"
  [ "$zone" = installed ] || continue
  words "$log" 2000 >&2 || :
  fail
done
`;

/** What the scripts below begin with. Arguments: name, zonepath, folder of the VM. gone: whether no zone of this controller's runs. */
const zoneToEnd = `
set -eu
${zoneStateFunction}
name=$1 path=$2 folder=$3
gone() {
  zone_state "$name" "$path"
  case $zone in
  none | foreign | configured | incomplete | installed) ;;
  *) return 1 ;;
  esac
}
if gone; then
  echo gone
  exit 0
fi
`;

/*
 * Each of these ends at once, so that no shell of the node waits for a guest; who waits looks again. They print \`gone\` where
 * the zone had ended before, else \`runs\`, or \`halted\`.
 */

export const lookAtZone = `${zoneToEnd}
echo runs
`;

/**
 * Notes that the end is wanted, and presses the power button: that is what SIGTERM is to bhyve. \`zoneadm shutdown\` does the
 * same, but holds the zone for a minute, in which it cannot be halted. Source: omniosorg/pkg5, src/brand/bhyve/support.
 */
export const pressPower = `${zoneToEnd}
[ ! -d "$folder" ] || : >"$folder/stopping"
pkill -z "$name" bhyve || :
echo runs
`;

/** From now on the zone's end is its guest's own wish again. */
export const forgetEnd = `${zoneToEnd}
rm -f "$folder/stopping"
echo runs
`;

export const haltZone = `${zoneToEnd}
[ ! -d "$folder" ] || : >"$folder/stopping"
zoneadm -z "$name" halt || { gone || exit 1; }
gone || { echo "the zone $name is in the state $zone after it was halted" >&2; exit 1; }
echo halted
`;

/**
 * Removes what is left of a VM whose zone has ended. Arguments: name, zonepath, folder of the VM, dataset of its volumes,
 * which is empty where there is none.
 */
export const removeZone = `
set -eu
${zfsFunctions}
${zoneStateFunction}
name=$1 path=$2 folder=$3 dataset=$4
zone_state "$name" "$path"
case $zone in
installed | incomplete) zoneadm -z "$name" uninstall -F; zonecfg -z "$name" delete -F ;;
configured) zonecfg -z "$name" delete -F ;;
none | foreign) ;;
*) echo "the zone $name is in the state $zone" >&2; exit 1 ;;
esac
if [ -n "$dataset" ] && has "$dataset"; then zfs destroy -r "$dataset"; fi
rm -rf "$folder"
`;
