/** A host of a lab that passes for one of illumos: the stand-ins of its programs come before the host's own. */
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import type { LabHost } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';
import { layOut } from '../stand-ins/zones/machine.ts';
import { ownDevices } from './private-libvirt.ts';

/** Where the host has it: paths of sockets below it are short enough so. */
const seenAt = '/run/z';

/** Arguments: the folder on the machine's disk, and where the host has it. */
const takePlace = `
set -e
${ownDevices}
mkdir "$2"
mount --bind "$1" "$2"
own_devices "$2/dev"
ln -s "$2/machine/zvol" /dev/zvol
mount --bind "$2/bin" /usr/local/sbin
`;

/** Its kernel stays Linux, so but for the hypervisor all that is asked of it is answered as on the others. */
const uname = `#!/bin/sh
case \${1:--s} in
-s) echo SunOS ;;
-v) echo stand-in ;;
*) exec /usr/bin/uname "$@" ;;
esac
`;

/**
 * `folder` is one that goes with the lab, `uplink` the NIC that VMs are joined by. Resolves with where a node's folders are to
 * be, on the pool.
 */
export async function startLabZones(host: LabHost, folder: string, uplink: string): Promise<{ stateFolder: string; runFolder: string }> {
  const base = `${folder}/zones`;
  await mkdir(`${base}/node`, { recursive: true });
  // The host sees neither this checkout nor its Node.js, where they lie below /tmp.
  await cp(new URL('../stand-ins/zones', import.meta.url), `${base}/programs`, { recursive: true });
  await writeFile(`${base}/programs/package.json`, '{ "type": "module" }');
  await copyFile(process.execPath, `${base}/node/node`);
  const { pool } = await layOut(base, { seenAt, programs: `${seenAt}/programs`, link: uplink, node: `${seenAt}/node/node` });
  await writeFile(`${base}/bin/uname`, uname);
  await chmod(`${base}/bin/uname`, 0o755);
  await must(host.exec(['sh', '-c', takePlace, 'sh', base, seenAt]), `making ${host.name} one with zones`);
  return { stateFolder: `${pool}/state`, runFolder: `${pool}/run` };
}
