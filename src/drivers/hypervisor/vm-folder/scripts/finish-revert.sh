# Puts back what a revert that was cut off has left. Arguments: as of apply-snapshot.sh, the first disk last; the tag is the
# one of the mark. A disk without such a snapshot came later, since all had it when the first was touched; the first
# disk must have it still.
. ./begin-offline.sh
. ./mark.sh
. ./put-back.sh
[ -f "$state/reverting" ] || exit 0
read -r tag <"$state/reverting"
echo "snapshot ${tag#croft-}:" >&2
restore_variables
while [ "$#" -ge 2 ]; do
  snapshots=
  [ ! -f "$1" ] || snapshots=$(as_user qemu-img snapshot -U -l "$1")
  last=
  if printf '%s\n' "$snapshots" | grep -q "^[0-9][0-9]* *$tag "; then
    last=$1
    put_back "$1" "$2"
  fi
  shift 2
done
[ -n "$last" ] || {
  echo "its first disk has no such snapshot any more" >&2
  exit 1
}
mark_whole "$state"
