# Arguments: state folder, run folder, anything for a dry run. Input: `keep SHA256` and `coming SHA256` lines. Prints
# the name of each file that it removes, and how many bytes of the disk that frees. A part that is locked is being
# written.
. ./needed.sh
folder=$1/images run=$2 dry=$3
said=$(cat)
coming() {
  case $said in *"coming $1"*) return 0 ;; esac
  for part in "$folder/$1".*.partial; do
    [ ! -f "$part" ] || hold 0 x <>"$part" || return 0
  done
  return 1
}
for file in "$folder"/*; do
  [ -f "$file" ] || continue
  name=${file##*/}
  sha256=${name%%.*}
  case $sha256 in *[!0-9a-f]*) continue ;; esac
  [ ${#sha256} -eq 64 ] || continue
  case ${name#*.} in
  qcow2 | raw | iso)
    case $said in *"keep $sha256"*) continue ;; esac
    case $needed in *"$name"*) continue ;; esac
    ;;
  qcow2.partial* | raw.partial* | iso.partial*) ;;
  *) continue ;;
  esac
  if coming "$sha256"; then continue; fi
  # shellcheck disable=SC2046 # three numbers
  set -- $(stat -c '%h %b %B' "$file")
  [ $# -eq 3 ] || continue
  freed=$(($2 * $3))
  [ "$1" -eq 1 ] || freed=0
  [ -n "$dry" ] || rm -f -- "$file" || exit 1
  echo "$name $freed"
done
for work in "$run"/transfer-*; do
  [ -d "$work" ] && [ -z "$dry" ] || continue
  coming "${work##*/transfer-}" || rm -rf "$work"
done
