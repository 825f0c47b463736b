/** virsh, the shell of libvirt: its arguments, the reading of what it prints, and its failures. */
import type { CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/** Seconds that libvirt has for an answer where nothing else is said. */
const answerTime = 15;

/** Exit codes of `timeout` for a command that it had to end, by TERM or by KILL. */
const hung: readonly number[] = [124, 137];

/** Exit codes of the scripts made with `virshFunctions`: there is no such domain of ours; libvirt cannot be reached. */
export const noDomain = 44;
const noLibvirt = 45;

/**
 * Functions for scripts; they need the connection's address in `uri`.
 * virsh_in SECONDS ARGUMENTS: runs virsh, which a libvirt that hangs does not hold for longer; its words are libvirt's own.
 * on_failure CODE WORDS: ends the script, with the code that says why.
 * require_own UUID NAMESPACE MARK: ends the script with noDomain unless that domain has metadata that bear the mark.
 */
export const virshFunctions = `
export LC_ALL=C
virsh_in() {
  limit=$1
  shift
  timeout -k 1 "$limit" virsh -q -c "$uri" "$@"
}
on_failure() {
  [ -z "$2" ] || printf '%s\\n' "$2" >&2
  case $2 in *'failed to connect to the hypervisor'* | *'Disconnected from'*) exit ${noLibvirt} ;; esac
  exit "$1"
}
require_own() {
  words=$(virsh_in ${answerTime} metadata "$1" "$2" 2>&1) || {
    code=$?
    case $words in *'failed to get domain'* | *'metadata element is not present'*) exit ${noDomain} ;; esac
    on_failure "$code" "$words"
  }
  case $words in *"$3"*) ;; *) exit ${noDomain} ;; esac
}
`;

/** Runs virsh on a domain of ours. Arguments: connection, UUID, namespace, mark, seconds, then virsh's. What is read is its input. */
export const ownDomainScript = `
${virshFunctions}
uri=$1 uuid=$2 limit=$5
require_own "$2" "$3" "$4"
shift 5
virsh_in "$limit" "$@"
`;

/** Prints libvirt's version. Argument: connection. */
export const versionScript = `
${virshFunctions}
uri=$1
command -v virsh >/dev/null || { echo 'virsh is not installed' >&2; exit 1; }
words=$(virsh_in 30 version 2>&1) || on_failure "$?" "$words"
printf '%s\\n' "$words"
`;

/** The error for what one of these scripts ended with: by its exit code where libvirt was not reached, else by virsh's words. */
export function virshFailure(node: string, what: string, { code, stdout, stderr }: CommandResult): CroftError {
  const words = (stderr.trim() || stdout.trim()).replace(/^error: /gm, '').replaceAll('\n', '; ') || `exit code ${code}`;
  if (hung.includes(code)) {
    return new CroftError('command.timeout', `${what}: libvirt on ${node} does not answer`, {
      node,
      hint: `Look on ${node} whether its libvirt daemon hangs: systemctl status libvirtd`,
    });
  }
  if (code === noDomain) return new CroftError('vm.not-running', `${what}: libvirt on ${node} has no such VM`, { node });
  if (code === noLibvirt || /Disconnected from|client socket is closed|failed to connect to the hypervisor/.test(words)) {
    return new CroftError('node.unfit', `${what}: libvirt on ${node} cannot be reached: ${words}`, {
      node,
      hint: `Start its daemon on ${node}: systemctl start libvirtd`,
    });
  }
  if (/No space left on device/.test(words)) return new CroftError('disk.full', `${what}: ${words}`, { node });
  if (/domain is not running/.test(words)) return new CroftError('vm.not-running', `${what}: it does not run`, { node });
  return new CroftError('command.failed', `${what}: ${words}`, { node });
}

/** What `domstate --reason` and `domstats --state` know, by libvirt's numbers (virDomainState). */
export const domainStates = ['none', 'running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'suspended'] as const;
export type DomainState = (typeof domainStates)[number];

/** An event as `virsh event` prints it; null for a line that is none. */
export function readVirshEvent(line: string): { name: string; event: string; detail: string } | null {
  const [, event, name, detail = ''] = /event '([a-z-]+)' for domain '([^']*)'(?:: (.*))?$/.exec(line) ?? [];
  return event === undefined || name === undefined ? null : { name, event, detail };
}

/** `key : value` lines, as `guestinfo` prints them. */
export function readKeyValues(stdout: string): Map<string, string> {
  const pairs = stdout.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return new Map(pairs.filter(([key]) => key !== ''));
}
