# Makes the folder with what has arrived the VM's. Arguments: that folder, state folder, run folder, user, record (one
# line), what its end by itself is noted as, or nothing; then for each file its name, its base and the base's format,
# the last two empty where it has none. Images may lie elsewhere here, so that disks get the paths that they have on
# this node; the VM's own user writes them, for what a disk says of itself may come from its guest. What its machine was
# stays root's, and so does the mark.
set -eu
. ./lock.sh
folder=$1 state=$2 run=$3 user=$4 record=$5 exit=$6
shift 6
umask 077
mkdir -p "$folder"
lock "$folder"
[ ! -e "$state" ] || {
  echo "$state is there already" >&2
  exit 1
}
for file in "$folder"/*; do
  name=${file##*/}
  left=$#
  while [ "$left" -gt 0 ]; do
    [ "$1" != "$name" ] || name=''
    set -- "$@" "$1" "$2" "$3"
    shift 3
    left=$((left - 3))
  done
  [ -z "$name" ] || rm -rf "$file"
done
chown "0:$user" "$folder"
chmod 710 "$folder"
while [ "$#" -ge 3 ]; do
  case $1 in machine.* | reverting) ;; *) chown "$user:$user" "$folder/$1" ;; esac
  [ -z "$2" ] || setpriv --reuid "$user" --regid "$user" --clear-groups qemu-img rebase -u -f qcow2 -F "$3" -b "$2" "$folder/$1"
  sync "$folder/$1"
  shift 3
done
printf '%s\n' "$record" >"$folder/launch.json"
sync "$folder/launch.json" "$folder"
if [ -n "$exit" ]; then
  # shellcheck disable=SC2174 # the folders above it are there
  mkdir -p -m 711 "$run"
  echo "$exit" >"$run/exit"
fi
mv "$folder" "$state"
sync "${state%/*}"
