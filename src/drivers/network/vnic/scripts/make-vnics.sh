# Makes the links of one VM, all or none. Arguments: folder of the plans, the link below, what is protected; then for each its name,
# `make`, `remake` or `keep`, MAC, VLAN, the address that is allowed, or nothing, and its plan.
set -eu
. ../../../../tools/scripts/dladm.sh
plans=$1 below=$2 protection=$3 made=
shift 3
undo() {
  for name in $made; do
    ! has_vnic "$name" || dladm delete-vnic -t "$name" || :
    rm -f "$plans/$name" "$plans/$name.new"
  done
}
trap '[ "$?" -eq 0 ] || undo' EXIT
mkdir -p "$plans"
while [ "$#" -ge 6 ]; do
  [ "$2" != remake ] || dladm delete-vnic -t "$1"
  [ "$2" = keep ] || made="$1 $made"
  printf '%s\n' "$6" >"$plans/$1.new"
  mv -f "$plans/$1.new" "$plans/$1"
  [ "$2" = keep ] || make_vnic "$1" "$below" "$3" "$4"
  protect_vnic "$1" "$5" "$protection"
  shift 6
done
