if [ -n "$2" ]; then : >"$1/frozen"; else rm -f "$1/frozen"; fi
