# Notes that the file systems in the guest may be frozen, or that they are certainly thawed. Arguments: run folder, anything or nothing.
if [ -n "$2" ]; then : >"$1/frozen"; else rm -f "$1/frozen"; fi
