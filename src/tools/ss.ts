/** `ss`: sockets, and the processes that hold them. */
import type { Command } from '../host/host.ts';

export interface Listener {
  address: string;
  port: number;
  pid: number;
  program: string;
}

/** Prints the input of `parseListeners`. */
export const listenersCommand: Command = { argv: ['ss', '--no-header', '--listening', '--numeric', '--processes', '--tcp', '--udp'] };

/** Reads `ss -H -lnptu`; sockets without a visible process are skipped. */
export function parseListeners(output: string): Listener[] {
  return output.split('\n').flatMap((line) => {
    const [, address, port] = /^\S+\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s/.exec(line) ?? [];
    const [, program, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    if (address === undefined || port === undefined || program === undefined || pid === undefined) return [];
    return [{ address: address.replace(/%.*$/, ''), port: Number(port), pid: Number(pid), program }];
  });
}
