# Functions for scripts that handle volumes. Sizes are bytes. has DATASET: whether it exists. size_of VOLUME: what a
# guest sees of it. grow VOLUME SIZE: makes it larger where it is smaller. Source: zfs(8) of illumos, the property
# volsize.
has() {
  zfs list -H -o name "$1" >/dev/null 2>&1
}
size_of() {
  zfs get -H -p -o value volsize "$1"
}
grow() {
  [ "$(size_of "$1")" -ge "$2" ] || zfs set "volsize=$2" "$1"
}
