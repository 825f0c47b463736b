# Argument: folder.
[ ! -d "$1" ] || exec ls -1 "$1"
