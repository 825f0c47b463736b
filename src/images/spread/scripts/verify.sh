# Arguments: state folder, sha256, format: not the file's name, by which this would look like a process that uses it.
# Exit codes: 44: it is not there; 45: it was damaged, and is gone; 46: it is damaged, and in use.
sha256=$2
file=$1/images/$sha256.$3
[ -f "$file" ] || exit 44
sum=$(sha256sum <"$file") || exit 1
[ "${sum%% *}" != "$sha256" ] || exit 0
. ./needed.sh
case $needed in *"${file##*/}"*) exit 46 ;; esac
rm -f -- "$file" && exit 45
