# Prints the version of the QEMU for the node's own architecture; the driver's other requirements must be present too. Then
# what control groups limit of VMs. Arguments: those of show_limits.
. ../../vm-folder/scripts/groups.sh
for tool in qemu-img setpriv flock; do
  command -v "$tool" >/dev/null || {
    echo "$tool is not installed" >&2
    exit 1
  }
done
qemu="qemu-system-$(uname -m)"
command -v "$qemu" >/dev/null || {
  echo "$qemu is not installed" >&2
  exit 1
}
"$qemu" --version || exit 1
show_limits "$@"
