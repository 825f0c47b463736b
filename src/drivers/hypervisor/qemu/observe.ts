/** Seeing all VMs of a controller on a node: one script, a few forks however many there are, and the reading of what it prints. */
import type { Call, CommandResult } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import type { NodeLayout, ObservedVm } from '../driver.ts';
import { processName, vmParents, vmUserId } from '../vm-folder/identity.ts';
import { readLaunchRecord } from '../vm-folder/launch-record.ts';

/**
 * Reads the names of VM folders, and prints, of each VM, its folder as \`ID/\`, notes as \`ID/NOTE\`, the first lines of files as
 * \`ID/FILE:LINE\`; of the process that its pidfile names the user and the name, as \`/proc/PID/FILE:WORDS\`; in the end \`lost:\`
 * and those whose process is not the one that their pidfile names: of all that were started, and of others where that is gone
 * without an exit code and its end was not wanted. One awk instead of a program for each kind of file, or of
 * the shell, which reads byte by byte. The exit code is read after the process is looked for.
 */
const look = `
function first(file) {
  found = index(ENVIRON["unread"], "\\n" file "\\n") ? -1 : (getline line < file)
  close(file)
  return found > 0 ? line : ""
}
function show(file, name) {
  value = first(file)
  if (found > 0) print id "/" name ":" value
  return value
}
function note(name) {
  first(run "/" id "/" name)
  if (found < 0) return 0
  print id "/" name
  return 1
}
function user(process, file) {
  file = "/proc/" process "/status"
  while ((getline line < file) > 0) if (line ~ /^Uid:/) break
  close(file)
  print file ":" line
  return line ~ /^Uid:[ \\t]*(1[89]|20)[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][ \\t]/
}
BEGIN { state = ENVIRON["state"]; run = ENVIRON["run"] }
/^[a-z2-7]+\\/$/ && !seen[$0]++ {
  print
  id = substr($0, 1, length($0) - 1)
  own = gone = 0
  process = show(run "/" id "/pid", "pid")
  if (process ~ /^[0-9]+$/) {
    words = first("/proc/" process "/cmdline")
    gone = found <= 0
    if (match(words, /guest=[a-z2-7]+,debug-threads=on/)) {
      name = substr(words, RSTART, RLENGTH)
      print "/proc/" process "/cmdline:" name
      own = user(process) && index(name, "guest=" id ",") == 1
    }
  }
  show(run "/" id "/exit", "exit")
  if (found > 0) gone = 0
  if (note("stopping")) gone = 0
  if (show(run "/" id "/paused", "paused") == "" && found >= 0) print id "/paused"
  note("frozen")
  show(state "/" id "/reverting", "reverting")
  show(state "/" id "/launch.json", "launch.json")
  if (show(state "/" id "/started", "started") != "" ? !own : gone) lost = lost " " id
}
END { print "lost:" lost }
`;

/**
 * Arguments: the parents of the state folders and of the run folders, the pattern of identifiers, and the program above. Where
 * a VM is lost, all processes with users of VMs are looked for. What ends just now has no process before its exit code is
 * written, which is waited for. Console logs that a guest let grow too far are emptied first: they lie in memory that the whole
 * node shares, and QEMU appends to them. An awk ends where a file cannot be read, such as on a broken disk: that file is then
 * left out, since it is no matter of the other VMs.
 */
const script = `
export LC_ALL=C state="$1" run="$2"
any=$3 look=$4
if cd "$run" 2>/dev/null; then
  find $any/console.log -maxdepth 0 -size +4096k -exec truncate -s 0 {} + 2>/dev/null
fi
list() {
  if cd "$run" 2>/dev/null; then printf '%s\\n' $any/; fi
  if cd "$state" 2>/dev/null; then printf '%s\\n' $any/; fi
}
unreadable() {
  while read -r id; do
    for file in "$run/\${id}pid" "$run/\${id}exit" "$run/\${id}stopping" "$run/\${id}paused" "$state/\${id}reverting" "$state/\${id}launch.json" "$state/\${id}started"; do
      [ ! -e "$file" ] || cat "$file" >/dev/null 2>&1 || printf '%s\\n' "$file"
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
printf '%s\\n' "$seen"
lost=\${seen##*lost:}
[ -n "$lost" ] || exit 0
statuses=$(grep -lsE "^Uid:[[:blank:]]*(1[89]|20)[0-9]{8}[[:blank:]]" /proc/[0-9]*/status)
names=$(for status in $statuses; do echo "\${status%status}cmdline"; done | xargs -r grep -zaHs -m 1 '^guest=' | tr '\\0' '\\n')
printf '%s\\n' "$names"
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
`;

const identifiers = '[a-z2-7]'.repeat(16);

/** All VMs of this controller on the node. Folders whose names are not identifiers are nobody's business here. */
export function observeVms(layout: NodeLayout): Call<ObservedVm[]> {
  const parents = vmParents(layout);
  return { command: { argv: ['sh', '-c', script, 'croft-observe', parents.state, parents.run, identifiers, look] }, parse: parseObserved };
}

interface SeenProcess {
  userId: number | null;
  name: string;
}

/** Reads what the script printed; throws `command.failed` where it did not come to its end. */
export function parseObserved({ code, stdout, stderr }: CommandResult): ObservedVm[] {
  if (code !== 0) throw new CroftError('command.failed', `the VMs could not be listed: ${stderr.trim()}`);
  const vms = new Map<string, Map<string, string>>();
  const processes = new Map<number, SeenProcess>();
  for (const line of stdout.split('\n')) {
    if (line.startsWith('/proc/')) readProcess(line, processes);
    else readFile(line, vms);
  }
  return [...vms].map(([id, files]) => readVm(id, files, processes));
}

/** `ID/`, `ID/FILE` or `ID/FILE:LINE`. */
function readFile(line: string, vms: Map<string, Map<string, string>>): void {
  const [id = '', rest = ''] = cut(line, '/');
  if (!identifierPattern.test(id)) return;
  const files = vms.get(id) ?? new Map<string, string>();
  vms.set(id, files);
  const [name, first = ''] = cut(rest, ':');
  if (name !== undefined && name !== '') files.set(name, first);
}

/** `/proc/PID/FILE:WORDS`. */
function readProcess(line: string, processes: Map<number, SeenProcess>): void {
  const [, processId, file, words = ''] = /^\/proc\/(\d+)\/(status|cmdline):(.*)$/.exec(line) ?? [];
  if (processId === undefined) return;
  const process = processes.get(Number(processId)) ?? { userId: null, name: '' };
  processes.set(Number(processId), process);
  if (file === 'cmdline') process.name = words;
  else process.userId = Number(/^Uid:\t(\d+)\t/.exec(words)?.[1] ?? Number.NaN);
}

function cut(text: string, at: string): [string] | [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function readVm(id: string, files: ReadonlyMap<string, string>, processes: ReadonlyMap<number, SeenProcess>): ObservedVm {
  const record = readLaunchRecord(files.get('launch.json') ?? '')?.hash ?? null;
  const [startedAt, runningHash, , memory] = (files.get('started') ?? '').split(' ');
  const own = ownProcess(id, Number(files.get('pid')), processes);
  const stopping = files.has('stopping');
  if (own !== null) {
    const state = files.has('paused') ? 'paused' : 'running';
    const since = startedAt ? Number(startedAt) * 1000 : null;
    return {
      id,
      state,
      pid: own,
      startedAt: since,
      memory: memory ? Number(memory) : null,
      launchHash: runningHash ?? record,
      exitCode: null,
      ...(state === 'paused' && files.get('paused') === 'io-error' && { halted: 'disk-full' }),
      ...(files.has('frozen') && { frozen: true }),
      ...((stopping || files.has('reverting')) && { cutOff: true }),
    };
  }
  if (record === null) return { id, state: 'preparing', pid: null, startedAt: null, memory: null, launchHash: null, exitCode: null };
  const end = stopping ? neverRan : readEnd({ exit: files.get('exit') ?? '', runningHash, record });
  return { id, ...end, pid: null, startedAt: null, memory: null, launchHash: record };
}

/** The VM's process: the one that its pidfile names, or else another that has its user and its name. */
function ownProcess(id: string, pid: number, processes: ReadonlyMap<number, SeenProcess>): number | null {
  const isOwn = ({ userId, name }: SeenProcess): boolean => userId === vmUserId(id) && name === processName(id);
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
