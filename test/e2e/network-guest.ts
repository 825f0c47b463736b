/** A guest without a VM: a network namespace whose eth0 is wired to a VM's tap as QEMU would, frame by frame. */

import { tapName } from '../../src/drivers/network/names.ts';
import type { PortPlan } from '../../src/model/node/plan.ts';
import type { PrivateHost } from './private-host.ts';

export interface Guest {
  name: string;
  plan: PortPlan;
  /** Runs a script inside it; rejects where that fails. */
  sh(script: string, ...parameters: string[]): Promise<string>;
  succeeds(script: string, ...parameters: string[]): Promise<boolean>;
  until(script: string, ...parameters: string[]): Promise<void>;
}

/** The guest's half exists before any frame can arrive: socat ends where it finds no receiver. */
const wire = `
set -e
ip netns add "$1"
nsenter --net="/run/netns/$1" socat "TUN,tun-type=tap,iff-no-pi,tun-name=eth0" "UNIX-SENDTO:/run/$1.node,bind=/run/$1.guest" >/dev/null 2>&1 </dev/null &
until [ -S "/run/$1.guest" ]; do :; done
socat "TUN,tun-type=tap,iff-no-pi,tun-name=$2" "UNIX-SENDTO:/run/$1.guest,bind=/run/$1.node" >/dev/null 2>&1 </dev/null &
until [ -S "/run/$1.node" ]; do :; done
ip -n "$1" link set dev lo up
ip -n "$1" link set dev eth0 address "$3"
ip -n "$1" link set dev eth0 up
until ip link show "$2" | grep -q LOWER_UP; do :; done
`;

export async function startGuest(on: PrivateHost, name: string, plan: PortPlan): Promise<Guest> {
  await on.sh(wire, name, tapName(plan.nicId), plan.mac);
  const inside = 'namespace=$1; shift; exec nsenter --net="/run/netns/$namespace" sh -c "$@"';
  const words = (script: string, parameters: string[]) => [name, script, 'sh', ...parameters];
  return {
    name,
    plan,
    sh: (script, ...parameters) => on.sh(inside, ...words(script, parameters)),
    succeeds: (script, ...parameters) => on.succeeds(inside, ...words(script, parameters)),
    until: (script, ...parameters) => on.until(inside, ...words(script, parameters)),
  };
}

const dhcpHook = `#!/bin/sh
[ "$1" = bound ] || exit 0
prefix=0
case $subnet in 255.255.255.0) prefix=24 ;; esac
ip address replace "$ip/$prefix" dev "$interface"
[ -z "$router" ] || ip route replace default via "$router"
printf '%s %s %s' "$ip" "\${router:-none}" "\${dns:-none}"
`;

/** Takes a lease and configures eth0 by it; resolves with `address route dns` as the server said them. */
export async function takeLease(on: PrivateHost, guest: Guest): Promise<string> {
  await on.sh('printf %s "$1" >/run/dhcp-hook && chmod +x /run/dhcp-hook', dhcpHook);
  return await guest.sh('busybox udhcpc -i eth0 -n -q -f -t 10 -T 1 -s /run/dhcp-hook 2>/dev/null');
}
