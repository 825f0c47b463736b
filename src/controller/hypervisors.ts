/**
 * The controller's half of each hypervisor: its driver, the programs and packages that it needs on a node, and the doctor's checks and
 * repairs there. The other half of an entry, its traits, is in src/model/node/hypervisor.ts.
 */
import type { DriverProbe, HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { createLibvirtDriver } from '../drivers/hypervisor/libvirt/libvirt.ts';
import { createQemuDriver } from '../drivers/hypervisor/qemu/qemu.ts';
import type { VmFolderParts } from '../drivers/hypervisor/vm-folder/prepare.ts';
import { createZonesDriver } from '../drivers/hypervisor/zones/zones.ts';
import { createVnicDriver } from '../drivers/network/vnic/vnic.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';
import type { DoctorCheck } from '../model/node/doctor.ts';
import { type Hypervisor, hypervisorNames } from '../model/node/hypervisor.ts';
import type { NodeConfig } from '../model/node/node.ts';
import type { MeasuredSpecs } from '../tools/node-specs.ts';
import { installation, type PackageSource } from './node-packages.ts';

type DriverConfig = Pick<NodeConfig, 'hypervisor' | 'libvirt'>;

/** A node whose hypervisor was checked. */
interface Probed {
  specs: MeasuredSpecs;
  probe: DriverProbe;
  source: PackageSource;
}

export interface HypervisorSupport {
  /** Makes a function that returns the driver for a node; nodes may share a driver. */
  driver(parts: VmFolderParts): (config: DriverConfig) => HypervisorDriver;
  /** The programs that it needs, by the names that `NodeSpecs.tools` has them under. */
  programs(architecture: string): readonly string[];
  /** Sections of scripts/packages.txt with the packages that its nodes may need, by what installs them there. */
  packages: Readonly<Partial<Record<'apt-get' | 'pkg', readonly string[]>>>;
  /** Starts the service that answers for it; null where no service is needed. `script` is POSIX sh. */
  service: { name: string; script: string } | null;
  /** The command that makes it answer; null where none is known. */
  fix(node: Probed): string | null;
  /** Additional checks of the doctor. */
  checks(node: Probed): readonly DoctorCheck[];
}

const libvirtScript = readScript(import.meta.url, 'scripts/start-libvirt.sh');
const zonesScript = readScript(import.meta.url, 'scripts/start-zones.sh');

export const hypervisorSupport: Readonly<Record<Hypervisor, HypervisorSupport>> = {
  qemu: {
    driver(parts) {
      const driver = createQemuDriver(parts);
      return () => driver;
    },
    programs: (architecture) => [`qemu-system-${architecture}`, 'qemu-img', 'setpriv', 'flock'],
    packages: { 'apt-get': ['node'] },
    service: null,
    fix: () => null,
    checks: () => [],
  },
  libvirt: {
    driver: (parts) => (config) => createLibvirtDriver({ uri: 'qemu:///system', network: null, ...config.libvirt, ...parts }),
    programs: () => ['virsh', 'qemu-img', 'setpriv', 'flock'],
    packages: { 'apt-get': ['node', 'libvirt'] },
    service: { name: 'libvirt', script: libvirtScript },
    fix({ specs, source: { packager } }) {
      // Where virsh is not installed, its installation comes first.
      if (typeof specs.tools.virsh !== 'string') return null;
      return packager === 'apk' ? 'rc-service libvirtd start' : 'systemctl enable --now libvirtd';
    },
    checks: () => [],
  },
  zones: {
    driver(parts) {
      const driver = createZonesDriver({ ...parts, links: createVnicDriver() });
      return () => driver;
    },
    // The driver checks illumos' own programs; python3 locks files there, and provides the terminal for consoles.
    programs: () => ['python3'],
    packages: { pkg: ['illumos'] },
    service: { name: 'the service of zones', script: zonesScript },
    fix({ probe, source }) {
      if (probe.usable) return null;
      if (/not installed/.test(probe.reason)) return installation('hypervisor', source);
      return /is disabled/.test(probe.reason) ? 'svcadm enable svc:/system/zones:default' : null;
    },
    // Only images in the format qcow2 need the program, so a node without it is fit.
    checks({ specs, source }) {
      const how = `not installed; for images in the format qcow2: ${installation('qemu-img', source)}`;
      return [{ name: 'qemu-img', ok: true, detail: specs.tools['qemu-img'] ?? how, fix: null }];
    },
  },
};

/** A function that returns a node's driver. It throws `unsupported` for a hypervisor without a driver in this program. */
export function createHypervisors(parts: VmFolderParts): (config: DriverConfig) => HypervisorDriver {
  const drivers = new Map(hypervisorNames.map((name) => [name, hypervisorSupport[name].driver(parts)]));
  return (config) => {
    const driver = drivers.get(config.hypervisor);
    if (driver === undefined) throw new CroftError('unsupported', `there is no driver for the hypervisor ${config.hypervisor}`);
    return driver(config);
  };
}
