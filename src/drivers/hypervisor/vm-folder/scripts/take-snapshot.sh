# Arguments: state folder, run folder, user, process name, variables, tag, then the disks: the snapshot counts once the
# last has it. A disk that only the next start makes has nothing to keep.
. ./begin-offline.sh
for last in "$@"; do :; done
[ -f "$last" ] || {
  echo "$last is not there" >&2
  exit 1
}
keep_variables
for file in "$@"; do
  [ -f "$file" ] || continue
  if tagged "$file"; then as_user qemu-img snapshot -d "$tag" "$file"; fi
  as_user qemu-img snapshot -c "$tag" "$file"
  sync "$file"
done
