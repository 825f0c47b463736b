# put_back FILE SIZE: puts a disk back to the snapshot `tag`; it then has that size at least, unless that is empty.
put_back() {
  as_user qemu-img snapshot -a "$tag" "$1"
  [ -z "$2" ] || grow_disk "$1" "$2"
  sync "$1"
}
