# What a disk says of itself may come from its guest, so that only the VM's own user reads it.
as_user() {
  setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"
}
