/** Seeing all VMs of a controller on a node: one script, a few forks however many there are, and the reading of what it prints. */
import type { Call, CommandResult } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { identifierPattern } from '../../model/identifier.ts';
import type { NodeLayout, ObservedVm } from './driver.ts';
import { processName, vmParents, vmUserId } from './identity.ts';
import { readLaunchRecord } from './launch-record.ts';

/**
 * Arguments: the parents of the state folders and of the run folders. Prints a line for each VM, whose tab-separated parts
 * are `vm`, id, pid, exit code, whether its end was wanted or else it was paused, the mark of its start, its record; then, of the processes that
 * the pidfiles name, the beginnings of their status (with the user) and of their command lines; of all processes with users
 * of VMs, where a VM that was started has no process by its pidfile. Console logs that a guest let grow too far are
 * emptied first: they lie in memory that the whole node shares, and QEMU appends to them.
 */
const script = `
state=$1 run=$2
first_line() {
  line=
  [ ! -f "$1" ] || IFS= read -r line <"$1" || :
}
find "$run" -mindepth 2 -maxdepth 2 -name console.log -size +4096k -exec truncate -s 0 {} + 2>/dev/null
files= lost=
for folder in "$state"/*/ "$run"/*/; do
  folder=\${folder%/}
  id=\${folder##*/}
  case $id in *[!a-z2-7]* | '') continue ;; esac
  [ "\${#id}" -eq 16 ] && [ -d "$folder" ] || continue
  [ "$folder" = "$state/$id" ] || [ ! -d "$state/$id" ] || continue
  first_line "$run/$id/pid"; process=$line
  first_line "$run/$id/exit"; code=$line
  first_line "$state/$id/started"; started=$line
  first_line "$state/$id/launch.json"; record=$line
  note=
  if [ -f "$run/$id/stopping" ]; then note=stopping; elif [ -f "$run/$id/paused" ]; then note=paused; fi
  printf 'vm\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$id" "$process" "$code" "$note" "$started" "$record"
  case $process in
  '' | *[!0-9]*) process=none ;;
  esac
  owner=
  [ ! -d "/proc/$process" ] || while read -r key value rest; do
    if [ "$key" = Uid: ]; then
      owner=$value
      break
    fi
  done <"/proc/$process/status"
  if [ -n "$owner" ]; then files="$files /proc/$process/status /proc/$process/cmdline"; fi
  if [ -n "$started" ] && [ "$owner" != "\${started##* }" ]; then lost=yes; fi
done
if [ -n "$lost" ]; then
  for status in $(grep -lsE "^Uid:[[:blank:]]*(1[89]|20)[0-9]{8}[[:blank:]]" /proc/[0-9]*/status); do
    files="$files $status \${status%status}cmdline"
  done
fi
[ -z "$files" ] || head -v -c 320 $files 2>/dev/null | tr '\\0' '\\n'
exit 0
`;

/** All VMs of this controller on the node. Folders whose names are not identifiers are nobody's business here. */
export function observeVms(layout: NodeLayout): Call<ObservedVm[]> {
  const parents = vmParents(layout);
  return { command: { argv: ['sh', '-c', script, 'croft-observe', parents.state, parents.run] }, parse: parseObserved };
}

interface SeenProcess {
  userId: number | null;
  names: string[];
}

/** Reads what the script printed; throws `command.failed` where it did not come to its end. */
export function parseObserved({ code, stdout, stderr }: CommandResult): ObservedVm[] {
  if (code !== 0) throw new CroftError('command.failed', `the VMs could not be listed: ${stderr.trim()}`);
  const lines = stdout.split('\n');
  const processes = readProcesses(lines);
  return lines.filter((line) => line.startsWith('vm\t')).flatMap((line) => readVm(line.split('\t'), processes));
}

function readProcesses(lines: readonly string[]): Map<number, SeenProcess> {
  const processes = new Map<number, SeenProcess>();
  let current: SeenProcess | null = null;
  let inStatus = false;
  const seen = (processId: string): SeenProcess => {
    const process = processes.get(Number(processId)) ?? { userId: null, names: [] };
    processes.set(Number(processId), process);
    return process;
  };
  for (const line of lines) {
    const header = /^==> \/proc\/(\d+)\/(status|cmdline) <==$/.exec(line);
    if (header?.[1] !== undefined) {
      current = seen(header[1]);
      inStatus = header[2] === 'status';
    } else if (current !== null && inStatus) current.userId ??= userOf(line);
    else current?.names.push(line);
  }
  return processes;
}

function userOf(statusLine: string): number | null {
  const user = /^Uid:\t(\d+)\t/.exec(statusLine)?.[1];
  return user === undefined ? null : Number(user);
}

function readVm(fields: readonly string[], processes: ReadonlyMap<number, SeenProcess>): ObservedVm[] {
  const [, id = '', processId = '', exit = '', note = '', mark = '', ...rest] = fields;
  if (!identifierPattern.test(id)) return [];
  const record = readLaunchRecord(rest.join('\t'))?.hash ?? null;
  const [startedAt, runningHash] = mark.split(' ');
  const pid = Number(processId);
  const own = ownProcess(id, pid, processes);
  if (own !== null) {
    const since = startedAt ? Number(startedAt) * 1000 : null;
    const state = note === 'paused' ? 'paused' : 'running';
    return [{ id, state, pid: own, startedAt: since, launchHash: runningHash ?? record, exitCode: null }];
  }
  if (record === null) return [{ id, state: 'preparing', pid: null, startedAt: null, launchHash: null, exitCode: null }];
  const end = note === 'stopping' ? neverRan : readEnd({ exit, runningHash, record });
  return [{ id, ...end, pid: null, startedAt: null, launchHash: record }];
}

/** The VM's process: the one that its pidfile names, or else another that has its user and its name. */
function ownProcess(id: string, pid: number, processes: ReadonlyMap<number, SeenProcess>): number | null {
  const isOwn = ({ userId, names }: SeenProcess): boolean => userId === vmUserId(id) && names.includes(processName(id));
  const named = processes.get(pid);
  if (named !== undefined && isOwn(named)) return pid;
  return [...processes].find(([, process]) => isOwn(process))?.[0] ?? null;
}

type End = Pick<ObservedVm, 'state' | 'exitCode'>;
const neverRan: End = { state: 'stopped', exitCode: null };

/**
 * How the process ended by itself. What an earlier launch left says nothing of the one that is recorded now. A VM that was
 * started and has neither a process nor an exit code was lost: with its node's power, or with its supervisor.
 */
function readEnd({ exit, runningHash, record }: { exit: string; runningHash: string | undefined; record: string }): End {
  const [code = '', endedHash] = exit.split(' ');
  if (code !== '') return endedHash === record ? { state: code === '0' ? 'stopped' : 'failed', exitCode: Number(code) } : neverRan;
  return runningHash === record ? { state: 'failed', exitCode: null } : neverRan;
}
