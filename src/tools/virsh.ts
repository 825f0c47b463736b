/** virsh, the shell of libvirt: its arguments, the parsers of its output, and its failures. */
import type { CommandResult } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';

/** Exit codes of `timeout` after it ended a command, by TERM or by KILL. */
const hung: readonly number[] = [124, 137];

/** Exit codes of the scripts made with `virsh.sh`: this controller has no such domain; libvirt cannot be reached. */
export const noDomain = 44;
const noLibvirt = 45;

export const ownDomainScript = readScript(import.meta.url, 'scripts/own-domain.sh');

export const versionScript = readScript(import.meta.url, 'scripts/version.sh');

/** The error of one of these scripts: by its exit code where libvirt was not reached, otherwise by virsh's words. */
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

/** The states of `domstate --reason` and `domstats --state`, by libvirt's numbers (virDomainState). */
export const domainStates = ['none', 'running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'suspended'] as const;
export type DomainState = (typeof domainStates)[number];

/** An event in the output of `virsh event`; null for any other line. */
export function readVirshEvent(line: string): { name: string; event: string; detail: string } | null {
  const [, event, name, detail = ''] = /event '([a-z-]+)' for domain '([^']*)'(?:: (.*))?$/.exec(line) ?? [];
  return event === undefined || name === undefined ? null : { name, event, detail };
}

/** `key : value` lines, in the output of `guestinfo`. */
export function readKeyValues(stdout: string): Map<string, string> {
  const pairs = stdout.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return new Map(pairs.filter(([key]) => key !== ''));
}
