# Arguments: the process whose descendants are meant, and what the command's environment has. That process dies first, so that a shell
# does not go on with what is next in its input; it is not stopped instead, since a sudo around it would stop for ever.
# Also found: processes with that in their environment, so also those that left the session and the tree. Rounds, since a process
# may fork while it is being killed; exit code 1 with the survivors' ids if some cannot be killed. The /proc of illumos
# holds no text: there ps(1) tells the tree, and what left the tree is not found.
root=$1 mark=$2
system=$(uname -s)
first=$root
round=0
judge() {
  case $family in
  *" $process "*) ;;
  *" $parent "*) family="$family$process " grown=yes ;;
  *) return ;;
  esac
  [ "$state" = Z ] || [ "$process" = "$root" ] || living="$living $process"
}
look() {
  if [ "$system" = SunOS ]; then
    # shellcheck disable=SC2046 # three words for each process
    set -- $(ps -e -o pid= -o ppid= -o s=)
    while [ "$#" -ge 3 ]; do
      process=$1 parent=$2 state=$3
      judge
      shift 3
    done
    return
  fi
  for file in /proc/[0-9]*/stat; do
    { read -r line <"$file"; } 2>/dev/null || continue
    process=${line%% *}
    rest=${line##*") "}
    state=${rest%% *}
    rest=${rest#* }
    parent=${rest%% *}
    judge
  done
}
while [ "$round" -lt 50 ]; do
  family=" $root "
  # shellcheck disable=SC2013 # names without spaces
  for file in $(grep -lsF -e "$mark" /proc/[0-9]*/environ); do
    process=${file#/proc/}
    family="$family${process%%/*} "
  done
  grown=yes
  while [ -n "$grown" ]; do
    grown=
    living=
    look
  done
  # shellcheck disable=SC2086 # one word for each process
  kill -KILL $first $living 2>/dev/null
  first=
  [ -n "$living" ] || break
  round=$((round + 1))
  [ "$round" -lt 5 ] || sleep 0.1 2>/dev/null || sleep 1
done
[ -z "$living" ] || {
  echo "still alive:$living" >&2
  exit 1
}
