/** `ethtool`: features of interfaces. */
import type { Call, Command } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/** Makes the kernel write full checksums into frames that leave the interface: the userspace datapath passes frames on unchanged. */
export function fullChecksums(interfaceName: string, inside: (command: Command) => Command = (command) => command): Call<void> {
  return {
    command: inside({ argv: ['ethtool', '-K', interfaceName, 'tx', 'off'] }),
    parse(result) {
      if (result.code === 0) return;
      throw new CroftError('network.router', `checksum offload of ${interfaceName} could not be switched off: ${result.stderr.trim()}`, {
        ...(result.code === 127 && { hint: 'Install ethtool (on Debian and Ubuntu: apt-get install ethtool).' }),
      });
    },
  };
}
