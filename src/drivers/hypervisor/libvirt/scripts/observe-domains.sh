# Prints a line for each VM with a folder, whose tab-separated parts are `vm`, id, pid, how it ended by itself, the
# names of the notes `stopping`, `frozen` and `reverting` that it has, the mark of its start, its record; then a line
# `domain`, name, state and reason for each domain that may be ours, `<of NAME>` before the metadata of each, and
# `<end>`. virsh is called twice, however many there are. libvirt forgets why a domain stopped when its daemon ends, so
# that is written down beside the mark of the start that it ended. Arguments: parents of the state and of the run
# folders, connection, namespace.
. ../../../../tools/scripts/virsh.sh
state=$1 run=$2 uri=$3 namespace=$4
first_line() {
  line=
  [ ! -f "$1" ] || IFS= read -r line <"$1" || :
}
is_id() {
  case $1 in *[!a-z2-7]* | '') return 1 ;; esac
  [ "${#1}" -eq 16 ]
}
find "$run" -mindepth 2 -maxdepth 2 -name console.log -size +4096k -exec truncate -s 0 {} + 2>/dev/null
for folder in "$state"/*/ "$run"/*/; do
  folder=${folder%/}
  id=${folder##*/}
  is_id "$id" && [ -d "$folder" ] || continue
  [ "$folder" = "$state/$id" ] || [ ! -d "$state/$id" ] || continue
  first_line "$run/$id/pid"
  process=$line
  first_line "$run/$id/exit"
  ended=$line
  first_line "$state/$id/started"
  started=$line
  first_line "$state/$id/launch.json"
  record=$line
  notes=
  for note in "$run/$id/stopping" "$run/$id/frozen" "$state/$id/reverting"; do
    [ ! -f "$note" ] || notes="$notes ${note##*/}"
  done
  owner=
  case $process in *[!0-9]*) process= ;; esac
  [ -z "$process" ] || [ ! -d "/proc/$process" ] || while read -r key value rest; do
    if [ "$key" = Uid: ]; then
      owner=$value
      break
    fi
  done <"/proc/$process/status"
  user=${started#* * }
  [ "$owner" = "${user%% *}" ] || process=
  eval "started_$id=\$started"
  printf 'vm\t%s\t%s\t%s\t%s\t%s\t%s\n' "$id" "$process" "$ended" "$notes" "$started" "$record"
done
stats=$(virsh_in 15 domstats --raw --state 2>&1) || on_failure "$?" "$stats"
queries='' name=''
tell() {
  [ -n "$name" ] || return 0
  printf 'domain\t%s\t%s\t%s\n' "$name" "$condition" "$reason"
  queries="$queries echo '<of $name>'; metadata $name $namespace;"
  case $condition/$reason in 5/1) ended=0 ;; 5/3) ended=crashed ;; *) return 0 ;; esac
  eval "started=\${started_$name:-}"
  [ -n "$started" ] && [ ! -f "$run/$name/exit" ] && [ -d "$run/$name" ] || return 0
  echo "$ended $started" >"$run/$name/exit.new" && mv -f "$run/$name/exit.new" "$run/$name/exit"
  printf 'ended\t%s\t%s\n' "$name" "$ended $started"
}
while read -r key value; do
  case $key in
  Domain:)
    tell
    name=${value#?}
    name=${name%?}
    condition='' reason=''
    is_id "$name" || name=
    ;;
  state.state=*) condition=${key#*=} ;;
  state.reason=*) reason=${key#*=} ;;
  esac
done <<END
$stats
END
tell
[ -n "$queries" ] || exit 0
# A domain may have no metadata, and may be gone by now. The last question fails where libvirt is, for then nothing is known of any.
virsh_in 15 "$queries echo '<end>'; hostname" 2>/dev/null && exit 0
code=$?
on_failure "$code" "$(virsh_in 15 hostname 2>&1)"
