/** The constant shell scripts for the domains of VMs on their node. POSIX sh; data reaches them as arguments and input only. */
import { noDomain, virshFunctions } from '../../../tools/virsh.ts';
import { findProcess, lock } from '../vm-folder/process-scripts.ts';
import { refuseHalf } from '../vm-folder/revert-scripts.ts';
import { keepRunning } from '../vm-folder/start-scripts.ts';
import { limitFunctions } from './limits.ts';

/** Exit codes of startDomain: a domain that is not ours has the VM's name or UUID; the network of libvirt's own does not start. */
export const foreignDomain = 46;
export const lostNetwork = 47;

/**
 * Defines the domain anew and starts it, unless the VM's process runs. Arguments: connection, UUID, namespace and mark of its
 * metadata, state folder, run folder, user, process name, group that may open the sockets, hash of the launch, bytes of memory,
 * libvirt's network or nothing, the accelerator, \`--paused\` or nothing, then those of limit_domain but the domain. Input: a line
 * with the launch, then the domain.
 * Under KVM the process has the device's group instead of its own, so that it owns what else it could only read by its group.
 */
export const startDomain = `
set -eu
${lock}
${findProcess}
${keepRunning}
${virshFunctions}
${limitFunctions}
uri=$1 uuid=$2 namespace=$3 mark=$4 state=$5 run=$6 user=$7 name=$8 group=$9
shift 9
hash=$1 memory=$2 network=$3 accelerator=$4 paused=$5 groups=$6 cpus=$7 kibibytes=$8
IFS= read -r launch
[ -f "$state/launch.json" ] || { echo "$state is not complete" >&2; exit 1; }
lock "$state"
if find_process "$run" "$user" "$name"; then exit 0; fi
${refuseHalf}
umask 022
mkdir -p "$run/sockets"
chmod 711 "$run"
rm -f "$state/started" "$run/pid" "$run/exit" "$run/stopping" "$run/paused" "$run/frozen" "$run/sockets/"*
chown "$user:$group" "$run/sockets"
chmod 2770 "$run/sockets"
: >>"$run/console.log"
chown "$user:$user" "$run/console.log"
chmod 600 "$run/console.log"
if [ "$accelerator" = kvm ]; then
  chmod 711 "$state"
  chown "$user:$user" "$state/seed.iso"
  chmod 400 "$state/seed.iso"
fi
network_runs() {
  listed=$(virsh_in 15 net-list --name 2>&1) || on_failure "$?" "$listed"
  printf '%s\\n' "$listed" | grep -qxF -e "$network"
}
# VMs that start side by side all find it off, and only the first may start it.
if [ -n "$network" ] && ! network_runs; then
  words=$(virsh_in 60 net-start "$network" 2>&1) || network_runs || on_failure ${lostNetwork} "$words"
fi
if words=$(virsh_in 15 metadata "$uuid" "$namespace" 2>&1); then
  case $words in *"$mark"*) ;; *) exit ${foreignDomain} ;; esac
else
  code=$?
  case $words in
  *'failed to get domain'*) ;;
  *'metadata element is not present'*) exit ${foreignDomain} ;;
  *) on_failure "$code" "$words" ;;
  esac
fi
words=$(virsh_in 60 define /dev/stdin 2>&1) || {
  code=$?
  case $words in *'already exists with uuid'* | *'is already defined with uuid'*) exit ${foreignDomain} ;; esac
  on_failure "$code" "$words"
}
words=$(virsh_in 120 start "$uuid" $paused 2>&1) || on_failure "$?" "$words"
find_process "$run" "$user" "$name" || { echo 'it ended at once' >&2; exit 1; }
limit_domain "$groups" "$uuid" "$cpus" "$kibibytes"
keep_running "$(date +%s)"
`;

/**
 * Notes that the VM's end is wanted, once libvirt was found to answer, and prints its domain's state, after \`half \` where it is
 * half put back to a snapshot. Arguments: connection, UUID, namespace, mark, state folder, run folder.
 */
export const noteEnd = `
${virshFunctions}
uri=$1 uuid=$2 state=$5 run=$6
note() {
  [ ! -d "$run" ] || : >"$run/stopping"
}
(require_own "$2" "$3" "$4") || {
  code=$?
  [ "$code" -ne ${noDomain} ] || note
  exit "$code"
}
words=$(virsh_in 15 domstate "$uuid" 2>&1) || on_failure "$?" "$words"
note
half=
[ ! -f "$state/reverting" ] || half='half '
printf '%s\\n' "$half$words"
`;

/** Forgets that a VM ran, when its process is gone. Arguments: state folder, run folder, user, process name. */
export const forgetStart = `
${findProcess}
round=0
while find_process "$2" "$3" "$4"; do
  round=$((round + 1))
  [ "$round" -lt 200 ] || { echo "process $process does not die" >&2; exit 1; }
  sleep 0.05
done
rm -f "$1/started"
`;

/**
 * Ends the domain at once and removes it with all that libvirt keeps of it. Arguments: connection, UUID, namespace, mark, name.
 * A domain that is not there, or not ours, is left as it is.
 */
export const removeDomain = `
${virshFunctions}
uri=$1 uuid=$2 name=$5
require_own "$2" "$3" "$4"
words=$(virsh_in 60 destroy "$uuid" 2>&1) || {
  code=$?
  case $words in *'domain is not running'*) ;; *) on_failure "$code" "$words" ;; esac
}
words=$(virsh_in 30 undefine "$uuid" --managed-save --snapshots-metadata --checkpoints-metadata --nvram 2>&1) || on_failure "$?" "$words"
rm -f "/var/log/libvirt/qemu/$name.log" "/var/log/libvirt/qemu/$name.log".[0-9]*
`;

/**
 * Prints a line for each VM with a folder, whose tab-separated parts are \`vm\`, id, pid, how it ended by itself, the names of
 * the notes \`stopping\`, \`frozen\` and \`reverting\` that it has, the mark of its start, its record; then a line \`domain\`, name, state and reason for each domain that may be ours,
 * \`<of NAME>\` before the metadata of each, and \`<end>\`. virsh is called twice, however many there are.
 * libvirt forgets why a domain stopped when its daemon ends, so that is written down beside the mark of the start that it ended.
 * Arguments: parents of the state and of the run folders, connection, namespace.
 */
export const observeDomains = `
${virshFunctions}
state=$1 run=$2 uri=$3 namespace=$4
tab=$(printf '\\t')
first_line() {
  line=
  [ ! -f "$1" ] || IFS= read -r line <"$1" || :
}
is_id() {
  case $1 in *[!a-z2-7]* | '') return 1 ;; esac
  [ "\${#1}" -eq 16 ]
}
find "$run" -mindepth 2 -maxdepth 2 -name console.log -size +4096k -exec truncate -s 0 {} + 2>/dev/null
for folder in "$state"/*/ "$run"/*/; do
  folder=\${folder%/}
  id=\${folder##*/}
  is_id "$id" && [ -d "$folder" ] || continue
  [ "$folder" = "$state/$id" ] || [ ! -d "$state/$id" ] || continue
  first_line "$run/$id/pid"; process=$line
  first_line "$run/$id/exit"; ended=$line
  first_line "$state/$id/started"; started=$line
  first_line "$state/$id/launch.json"; record=$line
  notes=
  for note in "$run/$id/stopping" "$run/$id/frozen" "$state/$id/reverting"; do
    [ ! -f "$note" ] || notes="$notes \${note##*/}"
  done
  owner=
  case $process in *[!0-9]*) process= ;; esac
  [ -z "$process" ] || [ ! -d "/proc/$process" ] || while read -r key value rest; do
    if [ "$key" = Uid: ]; then
      owner=$value
      break
    fi
  done <"/proc/$process/status"
  user=\${started#* * }
  [ "$owner" = "\${user%% *}" ] || process=
  eval "started_$id=\\$started"
  printf 'vm\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$id" "$process" "$ended" "$notes" "$started" "$record"
done
stats=$(virsh_in 15 domstats --raw --state 2>&1) || on_failure "$?" "$stats"
queries= name=
tell() {
  [ -n "$name" ] || return 0
  printf 'domain\\t%s\\t%s\\t%s\\n' "$name" "$condition" "$reason"
  queries="$queries echo '<of $name>'; metadata $name $namespace;"
  case $condition/$reason in 5/1) ended=0 ;; 5/3) ended=crashed ;; *) return 0 ;; esac
  eval "started=\\\${started_$name:-}"
  [ -n "$started" ] && [ ! -f "$run/$name/exit" ] && [ -d "$run/$name" ] || return 0
  echo "$ended $started" >"$run/$name/exit.new" && mv -f "$run/$name/exit.new" "$run/$name/exit"
  printf 'ended\\t%s\\t%s\\n' "$name" "$ended $started"
}
while read -r key value; do
  case $key in
  Domain:)
    tell
    name=\${value#?}
    name=\${name%?}
    condition= reason=
    is_id "$name" || name=
    ;;
  state.state=*) condition=\${key#*=} ;;
  state.reason=*) reason=\${key#*=} ;;
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
`;
