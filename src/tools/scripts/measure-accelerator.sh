# Arguments: run folder, seconds, port; input: the boot sector. Prints the device's presence, whether the group kvm may
# open it (that is all that a VM's process may), QEMU's exit code, and QEMU's words. What was printed is kept in the run
# folder for as long as kernel, boot and QEMU stay the same; who comes while it is being measured waits for the result.
set -eu
folder=$1 limit=$2 port=$3
umask 066
[ -c /dev/kvm ] || {
  echo missing
  exit 0
}
program=$(command -v qemu-system-x86_64) || {
  echo no-qemu
  exit 0
}
read -r boot </proc/sys/kernel/random/boot_id
key="$(uname -r) $boot $(stat -c %Y "$program")"
mkdir -p "$folder"
exec 9<"$folder"
flock -w 20 9
if [ -f "$folder/accelerator" ]; then
  IFS= read -r known <"$folder/accelerator"
  if [ "$known" = "$key" ]; then
    tail -n +2 "$folder/accelerator"
    exit 0
  fi
fi
disk=$folder/accelerator.disk
trap 'rm -f "$disk"' EXIT
cat >"$disk"
truncate -s 1M "$disk"
granted=no
if setpriv --reuid 65534 --regid 65534 --groups kvm sh -c '[ -r /dev/kvm ] && [ -w /dev/kvm ]'; then granted=yes; fi 2>/dev/null
code=0
words=$(timeout -s KILL "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -sandbox on \
  -machine pc -accel kvm -cpu host -m 32M -device "isa-debug-exit,iobase=$port,iosize=1" \
  -drive "if=none,id=disk,format=raw,read-only=on,file=$disk" -device virtio-blk-pci,drive=disk,bootindex=1 \
  2>&1 9>&-) || code=$?
printf '%s\n' "$key" present "$granted" "$code" "$words" >"$folder/accelerator.new"
mv -f "$folder/accelerator.new" "$folder/accelerator"
tail -n +2 "$folder/accelerator"
