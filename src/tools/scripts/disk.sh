# Disks of VMs. Sizes are bytes.

# virtual_size FILE FORMAT: prints the size that a guest sees; for qcow2 it stands in the header (QEMU's docs/interop/qcow2.txt).
virtual_size() {
  if [ "$2" = qcow2 ]; then
    echo "$((0x$(od -An -tx1 -j24 -N8 "$1" | tr -d ' \n')))"
  else
    stat -c %s "$1"
  fi
}
# create_disk FILE BASE FORMAT SIZE: makes a qcow2 file, on a base unless that is empty, never smaller than the base. Nothing is
# allocated beforehand: most disks stay nearly empty, and tables for their whole size would cost more than they save.
create_disk() {
  if [ -z "$2" ]; then
    qemu-img create -q -f qcow2 -- "$1" "$4"
    return
  fi
  least=$(virtual_size "$2" "$3")
  [ "${4:-0}" -lt "$least" ] || least=$4
  qemu-img create -q -f qcow2 -F "$3" -b "$2" -- "$1" "$least"
}
# grow_disk FILE SIZE: makes a qcow2 file larger where it is smaller, and never smaller.
grow_disk() {
  [ "$(virtual_size "$1" qcow2)" -ge "$2" ] || qemu-img resize -q -f qcow2 -- "$1" "$2"
}
