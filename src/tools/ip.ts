/** `ip` (iproute2): interfaces, addresses, routes and network namespaces. */
import type { Call, Command } from '../host/host.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';

export interface Link {
  name: string;
  alias: string;
  up: boolean;
  /** Kind in the kernel's words (`veth`, `tun`, …); empty for a plain device. */
  kind: string;
  /** The user that a tap belongs to; null for a tap without a user. */
  user: number | null;
  /** `address/prefix` of IPv4. */
  addresses: string[];
}

interface LinkJson {
  ifname?: string;
  ifalias?: string;
  flags?: string[];
  linkinfo?: { info_kind?: string; info_data?: { user?: number } };
  addr_info?: { family?: string; local?: string; prefixlen?: number }[];
}

/** Runs lines in `ip -batch`, up to the first that fails; `namespace` is a namespace of `ip netns`. */
export function changeLinks(code: ErrorCode, what: string, lines: readonly string[], namespace?: string): Call<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  return {
    command: { argv: ['ip', ...where, '-batch', '-'], stdin: `${lines.join('\n')}\n` },
    parse(result) {
      if (result.code === 0) return;
      const line = /Command failed -:(\d+)/.exec(result.stderr)?.[1];
      const said = result.stderr.replace(/Command failed -:\d+/, '').trim();
      const failed = line === undefined ? '' : ` in "ip ${lines[Number(line) - 1] ?? ''}"`;
      throw new CroftError(code, `${what}${failed}: ip said: ${said}`);
    },
  };
}

export function addNamespace(name: string): Call<void> {
  return namespaceCall(['ip', 'netns', 'add', name], `namespace ${name} could not be made`);
}

export function deleteNamespace(name: string): Call<void> {
  return namespaceCall(['ip', 'netns', 'delete', name], `namespace ${name} could not be removed`);
}

function namespaceCall(argv: Command['argv'], what: string): Call<void> {
  return {
    command: { argv },
    parse(result) {
      if (result.code !== 0) throw new CroftError('network.router', `${what}: ip said: ${result.stderr.trim()}`);
    },
  };
}

/** The command, run inside a namespace of `ip netns`. */
export function insideNamespace(namespace: string, command: Command): Command {
  return { ...command, argv: ['nsenter', `--net=/run/netns/${namespace}`, ...command.argv] };
}

/** Reads the JSON of `ip -json -details address show`. */
export function parseLinks(output: string): Link[] {
  if (output.trim() === '') return [];
  return (JSON.parse(output) as LinkJson[]).flatMap((link) => {
    if (link.ifname === undefined) return [];
    return [
      {
        name: link.ifname,
        alias: link.ifalias ?? '',
        up: link.flags?.includes('UP') ?? false,
        kind: link.linkinfo?.info_kind ?? '',
        user: link.linkinfo?.info_data?.user ?? null,
        addresses: (link.addr_info ?? [])
          .filter((address) => address.family === 'inet')
          .map((address) => `${address.local}/${address.prefixlen}`),
      },
    ];
  });
}

/** The gateway of the default route in the JSON of `ip -json route show default`; null where there is none. */
export function parseDefaultGateway(output: string): string | null {
  if (output.trim() === '') return null;
  return (JSON.parse(output) as { gateway?: string }[])[0]?.gateway ?? null;
}
