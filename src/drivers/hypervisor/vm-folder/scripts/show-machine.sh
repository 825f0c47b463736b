# Prints it, or nothing where the snapshot has none. Arguments: as of keepVariables.
kept=${2%/*}/machine.$3
if [ -e "$kept" ]; then exec cat "$kept"; fi
