# Makes the folder; whether the image is there with its whole size. Arguments: folder, file, size in bytes.
# Exit code 44: it is not.
mkdir -p "$1" || exit 1
[ "$(stat -c %s "$2" 2>/dev/null)" = "$3" ] || exit 44
