# Prints it, or nothing where the snapshot has none. Arguments: as of keep-variables.sh.
kept=${2%/*}/machine.$3
if [ -e "$kept" ]; then exec cat "$kept"; fi
