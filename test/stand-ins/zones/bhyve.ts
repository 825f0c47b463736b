/**
 * A stand-in for bhyve(8) with a guest in it: its screen is a socket in the folder that it is given, the zone's console device a
 * socket too, for zlogin's stand-in alone; and a power button, which is SIGTERM. Its exit code 1 means that the guest powered off, 4 an error.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';

const [folder = '', fault = ''] = process.argv.slice(2);
process.chdir(folder);
if (fault === 'bhyve') {
  process.stderr.write('bhyve: vm_setup_memory failed: Cannot allocate memory\n');
  process.exit(4);
}
if (fault === 'disk') {
  process.stderr.write('bhyve: Could not open backing file: /dev/zvol/rdsk: No such file or directory\n');
  process.exit(4);
}
process.on('SIGTERM', () => {
  if (!fault.startsWith('deaf')) process.exit(1);
});

for (const name of ['../dev/zconsole', 'vm.vnc']) rmSync(name, { force: true });
createServer((client) => client.end('RFB 003.008\n')).listen('vm.vnc');
createServer((client) => {
  client.on('error', () => client.destroy());
  client.write('guest login: ');
  client.on('data', (typed) => client.write(typed));
}).listen('../dev/zconsole');
