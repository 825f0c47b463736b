# Prints how many KiB are free for the folder, with those that it takes already. Arguments: its parent, the folder.
used=0
if [ -d "$2" ]; then
  used=$(du -sk "$2") || exit 1
  used=${used%%[!0-9]*}
fi
df -Pk "$1" | { read -r _header && read -r _system _blocks _taken available _rest && echo "$((available + used))"; }
