# Arguments: dataset of the VM's volumes, name, a word for what is set aside. The volumes as they were become clones in
# `next`; one that the snapshot does not have stays as it is. Then `head` is set aside, or removed where it has no
# snapshot, and `next` becomes `head`: whenever this is cut, `settle` finishes it or takes it back. `zfs rollback` would
# not do: it destroys all later snapshots.
# Exit code 44: there is no such snapshot.
set -eu
. ./find-snapshot.sh
settle "$1"
find_snapshot "$1" "$2"
[ -n "$holder" ] || exit 44
zfs create "$1/next"
for volume in $(zfs list -H -o name -t volume -r "$1/head"); do
  name=${volume##*/}
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
