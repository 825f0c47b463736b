# Finds the login's authorized_keys and replaces our line in it. Arguments: user, our comment, state folder, our line or
# nothing to remove it. It stands first, so that the rest stays as it is to the last byte; `undo/authorized-keys` says
# what was not there before. Mode and owner stay, and no reader sees half a file. The holder of the lock beside the file changes
# the file; the holder removes the lock's file, so a process that waited checks whether the lock still has its name.
set -eu
. ./portable.sh
user=$1 comment=$2 state=$3 line=$4
note=$state/undo/authorized-keys
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || {
  echo "$user has no home" >&2
  exit 1
}
file=$home/.ssh/authorized_keys
if [ -e "$file" ]; then file=$(readlink -f "$file"); fi
if [ -z "$line" ]; then
  [ -f "$file" ] || exit 0
elif [ -f "$file" ]; then
  if [ "$(head -n 1 "$file")" = "$line" ]; then exit 0; fi
else
  (umask 077 && mkdir -p "$state/undo")
  if [ ! -d "$home/.ssh" ]; then
    mkdir -m 700 "$home/.ssh"
    chown "$user:" "$home/.ssh"
    echo folder >>"$note"
  fi
  echo file >>"$note"
  (umask 077 && : >"$file")
  chown "$user:" "$file"
fi
lock=${file%/*}/croft.lock temporary=
while :; do
  exec 9<>"$lock"
  hold 10 x <&9
  ! is_same "$lock" <&9 || break
done
trap 'rm -f "$temporary" "$lock"' EXIT
temporary=$(mktemp "$file.croft.XXXXXX")
cp -p "$file" "$temporary"
{
  [ -z "$line" ] || printf '%s\n' "$line"
  sed "/ $comment\$/d" "$file"
} >"$temporary"
if [ -z "$line" ] && [ ! -s "$temporary" ] && grep -qsx file "$note"; then
  rm -f "$file" "$temporary"
  rm -f "$lock"
  if grep -qsx folder "$note"; then rmdir "$home/.ssh" 2>/dev/null || :; fi
else
  mv -f "$temporary" "$file"
fi
[ -n "$line" ] || rm -f "$note"
