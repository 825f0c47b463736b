# Arguments: the parents of the state folders and of the run folders, the pattern of identifiers, and the program observe.awk.
# Where a VM is lost, all processes with users of VMs are looked for. What ends just now has no process before its exit
# code is written, which is waited for. Console logs that a guest let grow too far are emptied first: they lie in memory
# that the whole node shares, and QEMU appends to them. An awk ends where a file cannot be read, such as on a broken
# disk: that file is then left out, since it is no matter of the other VMs.
# shellcheck disable=SC2086 # `any` is a pattern, and identifiers of processes have no spaces
export LC_ALL=C state="$1" run="$2"
any=$3 look=$4
if cd "$run" 2>/dev/null; then
  find $any/console.log -maxdepth 0 -size +4096k -exec truncate -s 0 {} + 2>/dev/null
fi
list() {
  if cd "$run" 2>/dev/null; then printf '%s\n' $any/; fi
  if cd "$state" 2>/dev/null; then printf '%s\n' $any/; fi
}
unreadable() {
  while read -r id; do
    for file in "$run/${id}pid" "$run/${id}exit" "$run/${id}stopping" "$run/${id}paused" "$state/${id}reverting" "$state/${id}launch.json" "$state/${id}started"; do
      [ ! -e "$file" ] || cat "$file" >/dev/null 2>&1 || printf '%s\n' "$file"
    done
  done
}
export unread=
seen=$(list | awk "$look" 2>/dev/null) || {
  unread="
$(list | unreadable)
"
  seen=$(list | awk "$look") || exit
}
printf '%s\n' "$seen"
lost=${seen##*lost:}
[ -n "$lost" ] || exit 0
statuses=$(grep -lsE "^Uid:[[:blank:]]*(1[89]|20)[0-9]{8}[[:blank:]]" /proc/[0-9]*/status)
names=$(for status in $statuses; do echo "${status%status}cmdline"; done | xargs -r grep -zaHs -m 1 '^guest=' | tr '\0' '\n')
printf '%s\n' "$names"
[ -z "$statuses" ] || grep -Hs '^Uid:' $statuses
for id in $lost; do
  case $names in *":guest=$id,"*) continue ;; esac
  round=0
  while [ -f "$run/$id/pid" ] && [ ! -f "$run/$id/exit" ] && [ "$round" -lt 25 ]; do
    round=$((round + 1))
    sleep 0.02
  done
  [ ! -f "$run/$id/exit" ] || echo "$id/exit:$(cat "$run/$id/exit")"
done
exit 0
