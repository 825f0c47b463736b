# What a snapshot has beside the disks, whole under its own name. Without memory it is a copy of the variables of UEFI,
# VARIABLES.TAG; with memory they are a part of that, and it is what was the machine, machine.TAG in the same folder.
replace() {
  unfinished=$2.new
  trap 'rm -f "$unfinished"' EXIT
  (umask 077 && cp "$1" "$unfinished")
  chown "$user:$user" "$unfinished"
  sync "$unfinished"
  mv "$unfinished" "$2"
}
keep_variables() {
  [ ! -f "$variables" ] || replace "$variables" "$variables.$tag"
}
restore_variables() {
  [ ! -f "$variables.$tag" ] || replace "$variables.$tag" "$variables"
}
drop_companions() {
  rm -f "$variables.$tag" "${variables%/*}/machine.$tag"
}
