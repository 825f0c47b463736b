# From before the first disk is touched until all of it is put back, the VM's folder has the file `reverting` with the tag of the
# snapshot: a VM with some disks of now and some of then must not run.

# mark_half FOLDER TAG
mark_half() {
  printf '%s\n' "$2" >"$1/reverting.new"
  sync "$1/reverting.new"
  mv -f "$1/reverting.new" "$1/reverting"
  sync "$1"
}
# mark_whole FOLDER
mark_whole() {
  rm -f "$1/reverting"
  sync "$1"
}
