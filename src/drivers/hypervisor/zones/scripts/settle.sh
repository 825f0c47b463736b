# settle DATASET: finishes putting a VM back to a snapshot, or takes back what was not complete; see revert-volumes.sh.
# `next` is complete exactly where `head` is gone.
. ../../../../tools/scripts/zfs.sh
settle() {
  has "$1/next" || return 0
  if has "$1/head"; then
    zfs destroy -r "$1/next"
  else
    zfs rename "$1/next" "$1/head"
  fi
}
