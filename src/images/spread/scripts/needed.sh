# Sets `needed` to the names of all that VMs of a state folder (argument) need, whether or not anyone has a record of
# them: what the header of a qcow2 disk names as its backing file, what processes were started with, and on illumos what
# zones are configured with, which tell no more by their processes. The script ends where a disk or a zone cannot be
# read, for then nothing is certain. QEMU's docs/interop/qcow2.txt: the place of the name is at byte 8, its length at
# byte 16.
. ./portable.sh
backing() {
  # shellcheck disable=SC2046 # one word for each byte
  set -- "$1" $(od -A n -v -t u1 -w20 -N 20 "$1")
  [ $# -gt 1 ] || {
    [ ! -s "$1" ]
    return
  }
  [ $# -eq 21 ] && [ "$2 $3 $4 $5" = '81 70 73 251' ] || return 0
  start=$((((((((${10} * 256 + ${11}) * 256 + ${12}) * 256 + ${13}) * 256 + ${14}) * 256 + ${15}) * 256 + ${16}) * 256 + ${17}))
  length=$((((${18} * 256 + ${19}) * 256 + ${20}) * 256 + ${21}))
  [ "$length" -eq 0 ] || tail -c "+$((start + 1))" "$1" | head -c "$length"
}
needed=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -oE '[0-9a-f]{64}\.(qcow2|raw|iso)')
for disk in "$1"/vms/*/*; do
  [ -f "$disk" ] || continue
  name=$(backing "$disk") || {
    [ ! -e "$disk" ] || {
      echo "the header of $disk cannot be read" >&2
      exit 1
    }
    continue
  }
  needed="$needed $name"
done
if [ "$system" = SunOS ]; then
  zones=$(zoneadm list -cp) || exit 1
  while IFS=: read -r _number name _state path _rest; do
    case $path in "$1"/zones/*) ;; *) continue ;; esac
    configuration=$(zonecfg -z "$name" export </dev/null) || exit 1
    needed="$needed $configuration"
  done <<END
$zones
END
fi
