/** Looks for what a node lacks of what its roles need, says how to install it, and does so when asked. */
import { readFileSync } from 'node:fs';
import type { HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { type Host, perform, run } from '../host/host.ts';
import type { Doctor } from '../loops/node-gateway.ts';
import { sizeInWords } from '../model/capacity.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { CroftError } from '../model/error.ts';
import { gibibyte } from '../model/flavor.ts';
import type { NodeConfig } from '../model/node.ts';
import { probeAccelerator } from '../tools/accelerator.ts';
import { type MeasuredSpecs, readNodeSpecs } from '../tools/node-specs.ts';
import { hypervisorChecks } from './hypervisor-checks.ts';
import { toolsOf } from './node-inspection.ts';

/** Alpine's packages, several with a space between, by the program that they bring; Debian's are in scripts/packages.txt. */
const alpinePackages: Record<string, string> = {
  'qemu-system-x86_64': 'qemu-system-x86_64',
  'qemu-system-aarch64': 'qemu-system-aarch64',
  'qemu-img': 'qemu-img',
  'ovs-vsctl': 'openvswitch',
  'ovs-vswitchd': 'openvswitch',
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

/** Images and disks need room; below this a node is said to be short of it. */
const leastDisk = 2 * gibibyte;
const installTime = 600_000;

/** Arguments: packages. Debian, Ubuntu and Alpine; exit code 64 for anything else. */
const installScript = `
set -eu
if command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2
  apt-get install -q -y --no-install-recommends "$@" >&2
elif command -v apk >/dev/null; then
  apk add "$@" >&2
else
  exit 64
fi
`;

/** Starts Open vSwitch with whatever starts services there. */
const switchScript = `
if ovs-appctl --timeout=3 version >/dev/null 2>&1; then exit 0; fi
if [ -d /run/systemd/system ]; then
  exec systemctl enable --now openvswitch-switch >&2
elif command -v rc-service >/dev/null; then
  rc-update add ovsdb-server >&2
  rc-update add ovs-vswitchd >&2
  exec rc-service ovs-vswitchd start >&2
fi
exec /usr/share/openvswitch/scripts/ovs-ctl start --system-id=random >&2
`;

/** As that one, libvirt's daemon. */
const libvirtScript = `
if [ -d /run/systemd/system ]; then
  exec systemctl enable --now libvirtd >&2
elif command -v rc-service >/dev/null; then
  rc-update add libvirtd >&2
  exec rc-service libvirtd start >&2
fi
exec libvirtd -d >&2
`;

type ProbedDriver = Pick<HypervisorDriver, 'name' | 'can' | 'probe'>;

export function createDoctor(hypervisorOf: (config: NodeConfig) => ProbedDriver): Doctor {
  return {
    async examine(host, layout, config) {
      const hypervisor = hypervisorOf(config);
      const [specs, probe] = await perform(host, readNodeSpecs(layout.stateFolder), hypervisor.probe());
      const tools = [...new Set(config.roles.flatMap((role) => toolsOf(role, specs.architecture, config.hypervisor)))];
      const checks = [reached(specs), ...tools.map((tool) => checkTool(tool, specs)), checkDisk(specs)];
      if (!config.roles.includes('compute')) return checks;
      const [accelerator] = await perform(host, probeAccelerator(layout.runFolder));
      return [
        ...checks,
        ...hypervisorChecks(hypervisor, probe, libvirtFix(config, specs)),
        firmware(specs),
        { name: 'acceleration', ok: true, detail: `${accelerator.kind}: ${accelerator.reason}`, fix: null },
      ];
    },
    async treat(host, checks, config) {
      const missing = checks.filter(({ ok }) => !ok).map(({ name }) => name);
      const [specs] = await perform(host, readNodeSpecs('/'));
      const packages = [...new Set(missing.flatMap((tool) => packagesOf(tool, isAlpine(specs))))];
      if (packages.length > 0) await install(host, packages);
      if (missing.includes('ovs-vswitchd')) await start(host, 'Open vSwitch', switchScript);
      if (missing.includes('hypervisor') && config.hypervisor === 'libvirt') await start(host, 'libvirt', libvirtScript);
    },
  };
}

function reached({ operatingSystem, kernel, architecture }: MeasuredSpecs): DoctorCheck {
  return { name: 'login', ok: true, detail: `root on ${operatingSystem}, Linux ${kernel}, ${architecture}`, fix: null };
}

function checkTool(tool: string, specs: MeasuredSpecs): DoctorCheck {
  const version = specs.tools[tool] ?? null;
  const what = tool === 'ovs-vswitchd' ? 'is not running' : 'is not installed';
  return { name: tool, ok: version !== null, detail: version ?? what, fix: version === null ? fixOf(tool, specs) : null };
}

function fixOf(tool: string, specs: MeasuredSpecs): string | null {
  if (tool === 'ovs-vswitchd' && specs.tools['ovs-vsctl'] !== null) {
    return isAlpine(specs) ? 'rc-service ovs-vswitchd start' : 'systemctl enable --now openvswitch-switch';
  }
  const packages = packagesOf(tool, isAlpine(specs));
  if (packages.length === 0) return null;
  return [isAlpine(specs) ? 'apk add' : 'apt-get install', ...packages].join(' ');
}

/** Of a libvirt that does not answer; where it is not installed, that is what is to be done first. */
function libvirtFix({ hypervisor }: NodeConfig, specs: MeasuredSpecs): string | null {
  if (hypervisor !== 'libvirt' || typeof specs.tools.virsh !== 'string') return null;
  return isAlpine(specs) ? 'rc-service libvirtd start' : 'systemctl enable --now libvirtd';
}

/** Nothing but VMs that ask for it need UEFI, so a node without it is fit. */
function firmware(specs: MeasuredSpecs): DoctorCheck {
  const how = fixOf('ovmf', specs);
  const detail = specs.firmwares.includes('uefi') ? 'BIOS and UEFI' : `BIOS; for VMs that start with UEFI: ${how ?? 'install OVMF'}`;
  return { name: 'firmware', ok: true, detail, fix: null };
}

function checkDisk({ diskFree, disk }: MeasuredSpecs): DoctorCheck {
  const ok = diskFree >= leastDisk;
  const detail = `${sizeInWords(diskFree)} of ${sizeInWords(disk)} free where VMs are kept`;
  return { name: 'disk', ok, detail, fix: ok ? null : 'free some space, or give the node another --state-folder' };
}

function isAlpine({ operatingSystem }: MeasuredSpecs): boolean {
  return operatingSystem.startsWith('Alpine');
}

function packagesOf(tool: string, alpine: boolean): readonly string[] {
  return (alpine ? alpinePackages[tool]?.split(' ') : debianPackages().get(tool)) ?? [];
}

/** Program → packages, from the sections `node` and `libvirt` of the one list of Debian packages. */
function debianPackages(): Map<string, string[]> {
  const list = readFileSync(new URL('../../scripts/packages.txt', import.meta.url), 'utf8');
  const sections = [...list.matchAll(/^\[(?:node|libvirt)\]\n([^[]*)/gm)].map(([, section]) => section);
  const packages = new Map<string, string[]>();
  for (const line of sections.join('\n').split('\n')) {
    if (line.startsWith('#')) continue;
    const [name = '', ...programs] = line.split(' ');
    for (const program of programs) packages.set(program, [...(packages.get(program) ?? []), name]);
  }
  return packages;
}

async function install(host: Host, packages: readonly string[]): Promise<void> {
  const { code, stderr } = await run(host, { argv: ['sh', '-c', installScript, 'croft-install', ...packages], timeout: installTime });
  if (code === 0) return;
  const why = code === 64 ? 'it has neither apt-get nor apk' : stderr.trim().split('\n').slice(-3).join('\n');
  throw new CroftError('node.unfit', `${packages.join(', ')} could not be installed on node ${host.name}: ${why}`, {
    hint: 'install them by hand',
    node: host.name,
  });
}

async function start(host: Host, what: string, script: string): Promise<void> {
  const { code, stderr } = await run(host, { argv: ['sh', '-c', script], timeout: 60_000 });
  if (code === 0) return;
  throw new CroftError('node.unfit', `${what} could not be started on node ${host.name}: ${stderr.trim()}`, { node: host.name });
}
