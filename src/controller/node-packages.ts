/** The packages that provide a node's missing programs, and their installation by the node's package manager. */
import { readFileSync } from 'node:fs';
import { type Host, run } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';
import type { HypervisorTraits } from '../model/node/hypervisor.ts';
import type { NodeSpecs } from '../model/node/node.ts';

/** By the package manager of a node's system. */
export type Packager = 'apt-get' | 'apk' | 'pkg';

/** Alpine's packages, several with a space between, by the program that they provide; those of others are in scripts/packages.txt. */
const alpinePackages: Record<string, string> = {
  'qemu-system-x86_64': 'qemu-system-x86_64',
  'qemu-system-aarch64': 'qemu-system-aarch64',
  'qemu-img': 'qemu-img',
  'ovs-vsctl': 'openvswitch',
  'ovs-vswitchd': 'openvswitch',
  coreutils: 'coreutils',
  dnsmasq: 'dnsmasq',
  ethtool: 'ethtool',
  flock: 'util-linux-misc',
  ip: 'iproute2',
  nft: 'nftables',
  ovmf: 'ovmf',
  setpriv: 'setpriv',
  virsh: 'libvirt-daemon libvirt-client qemu-system-x86_64',
  ssh: 'openssh-client-default',
  zstd: 'zstd',
};

/** The package source of a node, and the sections of scripts/packages.txt that list the packages' programs. */
export interface PackageSource {
  packager: Packager;
  sections: readonly string[];
}

const installTime = 600_000;

const installScript = readScript(import.meta.url, 'scripts/install-packages.sh');

export function packagerOf(system: HypervisorTraits['system'], { operatingSystem }: Pick<NodeSpecs, 'operatingSystem'>): Packager {
  if (system === 'illumos') return 'pkg';
  return operatingSystem.startsWith('Alpine') ? 'apk' : 'apt-get';
}

/** None where no package is known to provide the program. */
export function packagesOf(program: string, { packager, sections }: PackageSource): readonly string[] {
  if (packager === 'apk') return alpinePackages[program]?.split(' ') ?? [];
  return listedPackages(sections).get(program) ?? [];
}

/** The command that installs the program; null where none is known. */
export function installation(program: string, source: PackageSource): string | null {
  const packages = packagesOf(program, source);
  if (packages.length === 0) return null;
  const { packager } = source;
  return [packager, packager === 'apk' ? 'add' : 'install', ...packages].join(' ');
}

/** Rejects with `node.unfit`. */
export async function installPackages(host: Host, packages: readonly string[]): Promise<void> {
  const { code, stderr } = await run(host, { argv: ['sh', '-c', installScript, 'croft-install', ...packages], timeout: installTime });
  if (code === 0) return;
  const why = code === 64 ? 'it has neither apt-get nor apk nor pkg' : stderr.trim().split('\n').slice(-3).join('\n');
  throw new CroftError('node.unfit', `${packages.join(', ')} could not be installed on node ${host.name}: ${why}`, {
    hint: 'install them by hand',
    node: host.name,
  });
}

/** Program → packages. */
function listedPackages(names: readonly string[]): Map<string, string[]> {
  const list = readFileSync(new URL('../../scripts/packages.txt', import.meta.url), 'utf8');
  const packages = new Map<string, string[]>();
  for (const [, section = '', lines = ''] of list.matchAll(/^\[(\w+)\]\n([^[]*)/gm)) {
    if (!names.includes(section)) continue;
    for (const line of lines.split('\n')) {
      if (line.startsWith('#')) continue;
      const [name = '', ...programs] = line.split(' ');
      for (const program of programs) packages.set(program, [...(packages.get(program) ?? []), name]);
    }
  }
  return packages;
}
