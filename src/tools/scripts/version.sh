# Prints libvirt's version. Argument: connection.
. ./virsh.sh
uri=$1
command -v virsh >/dev/null || {
  echo 'virsh is not installed' >&2
  exit 1
}
words=$(virsh_in 30 version 2>&1) || on_failure "$?" "$words"
printf '%s\n' "$words"
