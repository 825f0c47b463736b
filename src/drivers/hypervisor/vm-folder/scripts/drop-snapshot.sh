# Arguments: as of take-snapshot.sh, but the disk that it counts by comes first. What the VM is half put back to stays.
. ./begin-offline.sh
half=
[ ! -f "$state/reverting" ] || read -r half <"$state/reverting"
[ "$half" != "$tag" ] || {
  echo "the VM is half put back to it" >&2
  exit 1
}
for file in "$@"; do
  [ -f "$file" ] || continue
  if tagged "$file"; then as_user qemu-img snapshot -d "$tag" "$file"; fi
done
drop_companions
