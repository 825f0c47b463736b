# ZFS volumes. Sizes are bytes. Source: zfs(8) of illumos, the property volsize.

# has DATASET: whether it exists.
has() {
  zfs list -H -o name "$1" >/dev/null 2>&1
}
# size_of VOLUME: what a guest sees of it.
size_of() {
  zfs get -H -p -o value volsize "$1"
}
# grow VOLUME SIZE: makes it larger where it is smaller.
grow() {
  [ "$(size_of "$1")" -ge "$2" ] || zfs set "volsize=$2" "$1"
}
