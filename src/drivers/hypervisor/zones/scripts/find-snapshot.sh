# find_snapshot DATASET NAME: sets `holder` to the dataset that has the snapshot, or to nothing. A VM's present volumes
# are in `head`; `past-…` are those that it was put back from, kept as long as they have a snapshot.
. ./settle.sh
find_snapshot() {
  holder=
  for place in $(zfs list -H -o name -t filesystem -r "$1"); do
    if has "$place@croft-$2"; then holder=$place; fi
  done
}
