/** NoCloud seeds: the small CD-ROM from which a guest reads its host name, its keys, its script and its network. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Document } from 'yaml';
import { CroftError } from '../../model/error.ts';
import { shortHash } from '../../model/identifier.ts';
import type { VmLaunch } from '../../model/node/plan.ts';
import { mebibyte } from '../../model/vm/flavor.ts';
import { runProgram } from '../program.ts';
import { userDataOf } from './user-data.ts';

export type SeedSource = Pick<VmLaunch, 'id' | 'hostname' | 'userData' | 'cloudConfig' | 'sshKeys' | 'ports'>;

/** Far above the size that a slice file can request; a seed is kept for each VM. */
const userDataLimit = mebibyte;

export interface SeedFiles {
  'meta-data': string;
  'user-data': string;
  'network-config': string;
}

export interface Seed {
  /** The hash of its content: equal for equal seeds. */
  hash: string;
  /** Rejects with `node.unfit` where xorriso is not installed. */
  build(): Promise<Buffer>;
}

/**
 * The seed of a VM. `workFolder` contains its parts while it is built, secrets among them; the caller removes the remains of a crash
 * there. Throws `input.invalid` where the user-data is too large.
 */
export function seedOf(vm: SeedSource, workFolder: string): Seed {
  const files = seedFiles(vm);
  return { hash: shortHash(32, ...Object.values(files)), build: () => writeImage(files, workFolder) };
}

/**
 * An ISO 9660 image with the volume name `cidata`, with Rock Ridge and Joliet names. The same files give the same bytes.
 * Format: cloud-init's documentation of the NoCloud data source.
 */
async function writeImage(files: SeedFiles, workFolder: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(workFolder, 'seed-'));
  try {
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

/** The files of a seed, by name. Guests that read keys from user-data only, and have no script, find the keys there too. */
export function seedFiles(vm: SeedSource): SeedFiles {
  const userData = userDataOf(vm) ?? `#cloud-config\n${yaml({ ssh_authorized_keys: vm.sshKeys })}`;
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
 * Network configuration, version 2. NICs are named by their position, whatever order the guest finds them in. The first NIC has priority
 * where several offer a default route, and only the first delays the boot of a guest. NICs identify themselves to a DHCP server by their
 * MACs: some guests would generate an identifier, which the link protection of illumos does not permit.
 */
function networkConfig(vm: SeedSource): object {
  const ethernets = vm.ports.map((port, index) => [
    `eth${index}`,
    {
      match: { macaddress: port.mac.toLowerCase() },
      'set-name': `eth${index}`,
      dhcp4: true,
      'dhcp-identifier': 'mac',
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
