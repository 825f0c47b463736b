# Arguments: path, mode, owner or nothing; the content is standard input. Never shows a part of the file under its name.
. ./free-space.sh
[ ! -d "$1" ] || {
  echo "$1 is a folder" >&2
  exit 1
}
temporary=$(mktemp "$1.XXXXXX") || full "$1"
trap 'rm -f "$temporary"' EXIT
cat >"$temporary" || {
  rm -f "$temporary"
  full "$1"
}
chmod "$2" "$temporary" && { [ -z "$3" ] || chown "$3" "$temporary"; } && mv -f "$temporary" "$1"
