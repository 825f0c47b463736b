# Takes a compressed file from the input into the folder, unless it is there already. Under its own name it is whole,
# checked and durable. Prints `want` when the input may come, `at BYTES` while it comes. Arguments: folder, name,
# sha256, size. The lock ends with the last process that writes.
# Exit code 45: what came is not what was sent.
. ./lock.sh
folder=$1 file=$1/$2 partial=$1/$2.partial sha256=$3 size=$4
exec 3<&0
umask 077
mkdir -p "$folder" || exit 1
lock "$folder"
if [ -f "$file" ]; then
  sum=$(sha256sum <"$file")
  [ "${sum%% *}" != "$sha256" ] || exit 0
fi
reporter='' writer=''
end() {
  for process in $reporter $writer; do kill "$process" 2>/dev/null; done
  rm -f "$partial"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM
rm -f "$file" "$partial"
echo want
zstd -q -d -c <&3 2>/dev/null 3<&- 9>&- |
  dd bs=64K iflag=fullblock conv=sparse status=none of="$partial" 3<&- &
writer=$!
while sleep 0.5 >/dev/null 2>&1 3<&- 9>&-; do
  while read -r key value; do [ "$key" != pos: ] || echo "at $value"; done <"/proc/$writer/fdinfo/1" || exit 0
done 2>/dev/null 3<&- &
reporter=$!
wait "$writer" || exit 1
writer=''
kill "$reporter" 2>/dev/null
truncate -s "$size" "$partial" || exit 1
sum=$(sha256sum <"$partial")
[ "${sum%% *}" = "$sha256" ] || exit 45
sync "$partial" && mv "$partial" "$file" && sync "$folder"
