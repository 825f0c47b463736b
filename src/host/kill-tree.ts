/** Kills, on a node, everything that one command started, wherever it went. */
import { CroftError } from '../model/error.ts';
import { commandVariable } from './frame.ts';
import type { Command } from './host.ts';

/**
 * Arguments: the process whose descendants are meant, and the command's token. That process dies first, so that a shell
 * does not go on with what is next in its input; it is not stopped instead, since a sudo around it would stop for ever.
 * Also found: processes that bear the token, so also those that left the session and the tree. Rounds, since a process
 * may fork while it is being killed; exit code 1 with the survivors' ids if some cannot be killed.
 * The /proc of illumos holds no text: there ps(1) tells the tree, and what left the tree is not found.
 */
const script = `
root=$1 token=$2
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
    process=\${line%% *}
    rest=\${line##*") "}
    state=\${rest%% *}
    rest=\${rest#* }
    parent=\${rest%% *}
    judge
  done
}
while [ "$round" -lt 50 ]; do
  family=" $root "
  for file in $(grep -lsF -e "${commandVariable}=$token" /proc/[0-9]*/environ); do
    process=\${file#/proc/}
    family="$family\${process%%/*} "
  done
  grown=yes
  while [ -n "$grown" ]; do
    grown=
    living=
    look
  done
  kill -KILL $first $living 2>/dev/null
  first=
  [ -n "$living" ] || break
  round=$((round + 1))
  [ "$round" -lt 5 ] || sleep 0.1 2>/dev/null || sleep 1
done
[ -z "$living" ] || { echo "still alive:$living" >&2; exit 1; }
`;

/** `processId`: the shell that runs the command, or the program itself. `token`: the command's, see `commandInput`. */
export function killTree(processId: number, token: string): Command {
  /** 0 would mean every process of the machine. */
  if (!Number.isInteger(processId) || processId < 2) throw new CroftError('internal', `There is no process ${processId} to kill.`);
  return { argv: ['sh', '-c', script, 'sh', String(processId), token], timeout: 15_000 };
}
