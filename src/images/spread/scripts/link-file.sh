# Links a file, or copies it without its holes over a border of file systems; its new name comes last. Arguments: the file, its
# new name.
trap 'rm -f "$2.partial.$$"' EXIT
ln "$1" "$2.partial.$$" 2>/dev/null || { cp --reflink=always "$1" "$2.partial.$$" 2>/dev/null && sync "$2.partial.$$"; } || exit 1
chmod 644 "$2.partial.$$" && mv -f "$2.partial.$$" "$2"
