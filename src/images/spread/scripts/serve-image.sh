# Arguments: the image folder; the request, `SHA256 FORMAT OFFSET SIZE`. Prints the image from the offset on,
# compressed. Of an image that is still arriving it prints the present part and continues until the image is complete,
# or until no process writes the image any more: the writer holds a lock on the image. A file is read only as far as it was written, since its size
# grows with it.
# Exit code 64: the request is refused, with words.
set -f
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
. ./portable.sh
refuse() {
  echo "refused: $1" >&2
  exit 64
}
folder=$1
# shellcheck disable=SC2086 # its words; set -f keeps patterns from being names
set -- $2
[ $# -eq 4 ] || refuse 'not a request for an image'
case $1 in *[!0-9a-f]*) refuse 'not a sha256' ;; esac
[ ${#1} -eq 64 ] || refuse 'not a sha256'
case $2 in qcow2 | raw | iso) ;; *) refuse 'not a format' ;; esac
case $3 in '' | *[!0-9]* | 0?*) refuse 'not an offset' ;; esac
case $4 in '' | *[!0-9]* | 0?*) refuse 'not a size' ;; esac
[ ${#3} -le 15 ] && [ ${#4} -le 15 ] || refuse 'not a size'
file=$folder/$1.$2 size=$4
for found in "$file" "$file.partial" "$file"; do [ -f "$found" ] && break; done
[ -f "$found" ] && [ -r "$found" ] || refuse 'it is not here'
exec 3<"$found"
written() { stat -c %s - <&3; }
follow() {
  tail -c "+$(($1 + 1))" <&3 || return
  until [ "$(written)" -ge "$size" ]; do
    if hold 0 s <&3; then
      hold 0 u <&3
      [ "$(written)" -ge "$size" ] || return
    fi
    sleep 0.1
    cat <&3 || return
  done
  cat <&3
}
follow "$3" | zstd -q -1 -c
