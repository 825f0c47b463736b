/** Kills, on a node, everything that one command started, wherever it went. */
import { commandVariable } from './frame.ts';
import type { Command } from './host.ts';

/**
 * Arguments: the process whose descendants are meant (it dies last, stopped until then so that it starts nothing more),
 * and the command's token. Also found: processes that bear the token, so also those that left the session and the tree.
 * Rounds, since a process may fork while it is being killed; exit code 1 with the survivors' ids if some cannot be killed.
 */
const script = `
root=$1 token=$2
kill -STOP "$root" 2>/dev/null
round=0
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
    for file in /proc/[0-9]*/stat; do
      { read -r line <"$file"; } 2>/dev/null || continue
      process=\${line%% *}
      rest=\${line##*) }
      state=\${rest%% *}
      rest=\${rest#* }
      parent=\${rest%% *}
      case $family in
      *" $process "*) ;;
      *" $parent "*) family="$family$process " grown=yes ;;
      *) continue ;;
      esac
      [ "$process" = "$root" ] || [ "$state" = Z ] || living="$living $process"
    done
  done
  [ -n "$living" ] || break
  kill -KILL $living 2>/dev/null
  round=$((round + 1))
  [ "$round" -lt 5 ] || sleep 0.1 2>/dev/null || sleep 1
done
kill -KILL "$root" 2>/dev/null
[ -z "$living" ] || { echo "still alive:$living" >&2; exit 1; }
`;

/** `processId`: the shell that runs the command, or the program itself. `token`: the command's, see `commandInput`. */
export function killTree(processId: number, token: string): Command {
  return { argv: ['sh', '-c', script, 'sh', String(processId), token], timeout: 15_000 };
}
