# Arguments: image folder, sha256, format, size, work folder, source. The source is nothing for compressed content on
# the input, or `USER ADDRESS PORT` and the source's host key, and then the input is the private key up to a line with a
# dot, and stays open: when it ends, so does the transfer.  Prints `at BYTES` for the offset where it resumes, and again
# during the transfer; then `checking BYTES` and `syncing`. The holder of the part's lock writes the part; others wait for
# the lock, which ends with the last writing process. A part is as long as its written content, without zeros at its end,
# so it can be resumed after any interruption. Zeros take no room on the disk. Where nothing arrives for a minute the
# script ends by itself: the controller's machine may be gone without notice. The progress of a step is GNU dd's report,
# once a second, each time after a carriage return.
# Exit codes: 45: the content was wrong and is gone; 46: the source ended too early, and the part stays.
. ./portable.sh
. ../../../host/scripts/free-space.sh
folder=$1 sha256=$2 format=$3 size=$4 work=$5 user=$6 address=$7 port=$8 hostkey=$9
file=$folder/$sha256.$format
partial=$file.partial
block=1048576
return=$(printf '\r')
exec 3<&0
umask 022
while :; do
  touch "$partial" || full "$partial"
  exec 9<>"$partial"
  hold 15 x <&9 || {
    echo "another transfer to $partial does not end" >&2
    exit 1
  }
  [ "$(stat -c %s "$file" 2>/dev/null)" != "$size" ] || {
    rm -f "$partial"
    exit 0
  }
  ! is_same "$partial" <&9 || break
done
reporter='' puller='' watcher='' summer=''
end() {
  for process in $reporter $watcher $puller $summer; do kill "$process" 2>/dev/null; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM
rm -rf "$work"
(umask 077 && mkdir -p "$work") && mkfifo "$work/stream" "$work/copy" || full "$work/"
# Both ends are open before anybody reads or writes: who opened a pipe whose other end has died already would wait for ever.
# shellcheck disable=SC2094 # a pipe
exec 8<>"$work/stream" 7<"$work/stream" 6>"$work/stream" 8>&-

offset=$(stat -c %s "$partial")
[ "$offset" -le "$size" ] || offset=0
offset=$((offset / block * block))
truncate -s "$offset" "$partial" || exit 1
echo "at $offset"

report() {
  before='' idle=0
  while sleep 0.5 >/dev/null 2>&1 3<&- 9>&- && kill -0 "$2" 2>/dev/null; do
    now=$(tail -c 200 "$3" 2>/dev/null 3<&- 9>&-)
    now=${now##*"$return"}
    now=${now%% bytes*}
    case $now in '' | *[!0-9]*) now=0 ;; esac
    echo "$1 $(($4 + now))"
    if [ "$now" = "$before" ]; then idle=$((idle + 1)); else idle=0; fi
    before=$now
    [ "$idle" -lt 120 ] || kill "$puller"
  done
}
if [ -n "$user" ]; then
  (umask 077 && while IFS= read -r line && [ "$line" != . ]; do printf '%s\n' "$line"; done >"$work/key") <&3
  printf 'croft-image-source %s\n' "$hostkey" >"$work/known_hosts"
  ssh -F /dev/null -T -i "$work/key" -l "$user" -p "$port" -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
    -o HostKeyAlias=croft-image-source -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$work/known_hosts" \
    -o GlobalKnownHostsFile=/dev/null -o UpdateHostKeys=no -o ConnectTimeout=5 -o ServerAliveInterval=5 \
    -o ServerAliveCountMax=2 -- "$address" "$sha256 $format $offset $size" \
    </dev/null >&6 2>"$work/words" 3<&- 6>&- 7<&- 9>&- &
  puller=$!
  {
    read -r line
    kill "$puller"
  } <&3 >/dev/null 2>&1 6>&- 7<&- 9>&- &
  watcher=$!
else
  cat <&3 >&6 2>"$work/words" 6>&- 7<&- 9>&- &
  puller=$!
fi
exec 6>&-
copy=/dev/null
if [ "$offset" = 0 ]; then
  copy=$work/copy
  sha256sum <"$copy" >"$work/sum" 2>/dev/null 3<&- 7<&- 9>&- &
  summer=$!
fi
zstd -q -d -c 2>>"$work/words" <&7 3<&- 7<&- 9>&- | tee "$copy" 2>/dev/null 3<&- 7<&- 9>&- |
  dd bs=64K iflag=fullblock conv=notrunc,sparse seek=$((offset / 65536)) count=$(((size - offset + 65535) / 65536)) \
    status=progress of="$partial" 2>"$work/written" 3<&- 7<&- 9>&9 &
writer=$!
exec 7<&-
report at "$writer" "$work/written" "$offset" 9>&- &
reporter=$!
wait "$writer" || {
  grep '^dd: ' "$work/written" >&2
  ! grep -q 'No space left\|quota exceeded' "$work/written" || {
    rm -f "$partial"
    full "$partial"
  }
  exit 1
}
kill "$reporter" 2>/dev/null
[ "$(stat -c %s "$partial")" -ge "$size" ] || {
  cat "$work/words" >&2
  exit 46
}

echo "checking 0"
if [ "$offset" -gt 0 ]; then
  dd bs=1024K if="$partial" status=progress 2>"$work/read" 3<&- 9>&- | sha256sum >"$work/sum" 3<&- 9>&- &
  summer=$!
  report checking "$summer" "$work/read" 0 9>&- &
  reporter=$!
fi
wait "$summer"
kill "$reporter" 2>/dev/null
read -r sum rest <"$work/sum"
[ "$sum" = "$sha256" ] && [ "$(stat -c %s "$partial")" = "$size" ] || {
  rm -f "$partial"
  printf 'sum %s\n' "$sum"
  exit 45
}
echo syncing
sync "$partial" && mv -f "$partial" "$file"
