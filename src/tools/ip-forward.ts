/** The kernel's switch for forwarding IPv4, of the node and of namespaces. */
import type { Call, Command } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/** Remembers the former value in the file `$1` when it was another one and none is remembered yet. */
const enableScript = `
former=$(cat /proc/sys/net/ipv4/ip_forward) || exit 1
[ "$former" = 0 ] || exit 0
umask 066
[ -e "$1" ] || { mkdir -p "\${1%/*}" && echo "$former" >"$1"; } || exit 1
echo 1 >/proc/sys/net/ipv4/ip_forward
`;

const restoreScript = `
[ -r "$1" ] || exit 0
read -r former <"$1" && [ "$former" = 0 ] && echo 0 >/proc/sys/net/ipv4/ip_forward
rm -f "$1"
rmdir "\${1%/*}" 2>/dev/null
exit 0
`;

const routerScript = `
echo 1 >/proc/sys/net/ipv4/ip_forward || exit 1
echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify
[ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
`;

/** Switches the node's forwarding on; `undoFile` keeps the value that was there before. */
export function enableForwarding(undoFile: string): Call<void> {
  return forwardingCall({ argv: ['sh', '-c', enableScript, 'sh', undoFile] });
}

/** Puts back what `enableForwarding` changed. */
export function restoreForwarding(undoFile: string): Call<void> {
  return forwardingCall({ argv: ['sh', '-c', restoreScript, 'sh', undoFile] });
}

/** Makes a namespace forward IPv4, tell its neighbours of its addresses when they come up, and know no IPv6. */
export function makeForwarder(inside: (command: Command) => Command): Call<void> {
  return forwardingCall(inside({ argv: ['sh', '-c', routerScript] }));
}

function forwardingCall(command: Command): Call<void> {
  return {
    command,
    parse(result) {
      if (result.code !== 0) throw new CroftError('network.router', `IP forwarding could not be set: ${result.stderr.trim()}`);
    },
  };
}
