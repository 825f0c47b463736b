/** The public keys of a VM of a slice file. */
import type { VmReading } from './reading.ts';

/** The keys are in the seed of a VM, which has a limit. */
const mostKeyBytes = 128 * 1024;

/** An OpenSSH public key repeats its type inside its base64 part; a damaged or mixed-up key does not. */
export function sshKeysOf({ vm, issues }: VmReading): string[] {
  const keys = vm.fields.sshKeys ?? [];
  const bytes = keys.reduce((sum, key) => sum + Buffer.byteLength(key), 0);
  if (bytes > mostKeyBytes)
    issues.add(vm.pathOf('sshKeys'), `the keys of VM ${vm.name} have ${bytes} bytes together; at most ${mostKeyBytes} are possible`);
  for (const [index, key] of keys.entries()) {
    const [type = '', encoded = ''] = key.split(' ');
    const decoded = Buffer.from(encoded, 'base64');
    const named = decoded.length > 4 ? decoded.subarray(4, 4 + decoded.readUInt32BE(0)).toString('latin1') : '';
    if (named !== type) issues.add([...vm.pathOf('sshKeys'), index], `not a valid OpenSSH public key: its content is not of type ${type}`);
  }
  return keys;
}
