mark_half() {
  printf '%s\n' "$2" >"$1/reverting.new"
  sync "$1/reverting.new"
  mv -f "$1/reverting.new" "$1/reverting"
  sync "$1"
}
mark_whole() {
  rm -f "$1/reverting"
  sync "$1"
}
