# print_version: prints libvirt's version, or ends the script as on_failure does. Needs virsh.sh.
print_version() {
  command -v virsh >/dev/null || {
    echo 'virsh is not installed' >&2
    exit 1
  }
  words=$(virsh_in 30 version 2>&1) || on_failure "$?" "$words"
  printf '%s\n' "$words"
}
