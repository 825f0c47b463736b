/** NoCloud seeds: the small CD-ROM from which a guest reads its host name, its keys, its script and its network. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Document } from 'yaml';
import { CroftError } from '../model/error.ts';
import { mebibyte } from '../model/flavor.ts';
import type { VmLaunch } from '../model/node-plan.ts';
import { runProgram } from './program.ts';

export type SeedSource = Pick<VmLaunch, 'id' | 'hostname' | 'userData' | 'sshKeys' | 'ports'>;

/** As large as the largest user-data of the public clouds times sixty-four; a seed is kept for each VM. */
const userDataLimit = mebibyte;

/**
 * Makes the seed of a VM: an ISO 9660 image with the volume name `cidata`, with Rock Ridge and Joliet names.
 * The same source gives the same bytes. `workFolder` holds its parts meanwhile, secrets among them; what a crash leaves there
 * is for the caller to remove. Format: cloud-init's documentation of the NoCloud data source.
 * Rejects with `input.invalid` where the user-data is too large, `node.unfit` where xorriso is not installed.
 */
export async function buildSeed(vm: SeedSource, workFolder: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(workFolder, 'seed-'));
  try {
    const files = seedFiles(vm);
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path.join(folder, name), content, { mode: 0o600 })));
    const image = path.join(folder, 'seed.iso');
    const names = Object.keys(files).map((name) => path.join(folder, name));
    await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-no-pad', '-V', 'cidata', '-R', '-J', '-o', image, ...names], {
      environment: { SOURCE_DATE_EPOCH: '0' },
    });
    return await readFile(image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of a seed, by name. */
export function seedFiles(vm: SeedSource): { 'meta-data': string; 'user-data': string; 'network-config': string } {
  const userData = vm.userData ?? `#cloud-config\n${yaml({ ssh_authorized_keys: vm.sshKeys })}`;
  if (Buffer.byteLength(userData) > userDataLimit) {
    throw new CroftError('input.invalid', `The user-data of the VM ${vm.hostname} is larger than ${userDataLimit} bytes`, {
      hint: 'Let the script fetch what is large instead of carrying it.',
    });
  }
  return {
    'meta-data': yaml({ 'instance-id': vm.id, 'local-hostname': vm.hostname, 'public-keys': vm.sshKeys }),
    'user-data': userData,
    'network-config': yaml(networkConfig(vm)),
  };
}

/**
 * Network configuration, version 2. NICs are named by their position, whatever order the guest finds them in.
 * The first one leads where several offer a default route, and only it holds up the boot of a guest.
 */
function networkConfig(vm: SeedSource): object {
  const ethernets = vm.ports.map((port, index) => [
    `eth${index}`,
    {
      match: { macaddress: port.mac.toLowerCase() },
      'set-name': `eth${index}`,
      dhcp4: true,
      'dhcp4-overrides': { 'route-metric': 100 + index },
      ...(index === 0 ? {} : { optional: true }),
    },
  ]);
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

/** All strings quoted and none folded, so that guests without a YAML parser can read them line by line. */
function yaml(value: object): string {
  return new Document(value).toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}
