/** Looks for what a node lacks of what its roles need, says how to install it, and does so when asked. */
import type { DriverProbe, HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { type Host, perform, run } from '../host/host.ts';
import type { Doctor } from '../loops/node/gateway.ts';
import { CroftError } from '../model/error.ts';
import type { DoctorCheck } from '../model/node/doctor.ts';
import type { NodeConfig } from '../model/node/node.ts';
import { sizeInWords } from '../model/placement/capacity.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import { type MeasuredSpecs, readNodeSpecs } from '../tools/node-specs.ts';
import { hypervisorChecks } from './hypervisor-checks.ts';
import { acceleratorOf, toolsOf } from './node-inspection.ts';
import { installation, installPackages, type Packager, packagerOf, packagesOf } from './node-packages.ts';

/** Images and disks need room; below this a node is said to be short of it. */
const leastDisk = 2 * gibibyte;

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

/** As that one, the service that zones need. What svcadm(8) enables with -s runs when it ends. */
const zonesScript = 'exec svcadm enable -s svc:/system/zones:default >&2';

type ProbedDriver = Pick<HypervisorDriver, 'name' | 'can' | 'probe'>;

export function createDoctor(hypervisorOf: (config: NodeConfig) => ProbedDriver): Doctor {
  return {
    async examine(host, layout, config) {
      const hypervisor = hypervisorOf(config);
      const [specs, probe] = await perform(host, readNodeSpecs(layout.stateFolder), hypervisor.probe());
      const packager = packagerOf(config, specs);
      const tools = [...new Set(config.roles.flatMap((role) => toolsOf(role, specs.architecture, config.hypervisor)))];
      const checks = [reached(config, specs), ...tools.map((tool) => checkTool(tool, specs, packager)), checkDisk(specs)];
      if (!config.roles.includes('compute')) return checks;
      const accelerator = await acceleratorOf(host, layout, config);
      return [
        ...checks,
        ...hypervisorChecks(hypervisor, probe, hypervisorFix(config, specs, probe)),
        ...(config.hypervisor === 'zones' ? [qcow2(specs)] : []),
        firmware(specs, packager),
        { name: 'acceleration', ok: true, detail: `${accelerator.kind}: ${accelerator.reason}`, fix: null },
      ];
    },
    async treat(host, layout, checks, config) {
      const missing = checks.filter(({ ok }) => !ok).map(({ name }) => name);
      const [specs] = await perform(host, readNodeSpecs(layout.stateFolder));
      const packages = [...new Set(missing.flatMap((tool) => packagesOf(tool, packagerOf(config, specs))))];
      if (packages.length > 0) await installPackages(host, packages);
      if (missing.includes('ovs-vswitchd')) await start(host, 'Open vSwitch', switchScript);
      if (!missing.includes('hypervisor')) return;
      if (config.hypervisor === 'libvirt') await start(host, 'libvirt', libvirtScript);
      if (config.hypervisor === 'zones') await start(host, 'the service of zones', zonesScript);
    },
  };
}

function reached({ hypervisor }: NodeConfig, { operatingSystem, kernel, architecture }: MeasuredSpecs): DoctorCheck {
  const system = hypervisor === 'zones' ? 'illumos' : 'Linux';
  return { name: 'login', ok: true, detail: `root on ${operatingSystem}, ${system} ${kernel}, ${architecture}`, fix: null };
}

function checkTool(tool: string, specs: MeasuredSpecs, packager: Packager): DoctorCheck {
  const version = specs.tools[tool] ?? null;
  const what = tool === 'ovs-vswitchd' ? 'is not running' : 'is not installed';
  return { name: tool, ok: version !== null, detail: version ?? what, fix: version === null ? fixOf(tool, specs, packager) : null };
}

function fixOf(tool: string, specs: MeasuredSpecs, packager: Packager): string | null {
  if (tool === 'ovs-vswitchd' && specs.tools['ovs-vsctl'] !== null) {
    return packager === 'apk' ? 'rc-service ovs-vswitchd start' : 'systemctl enable --now openvswitch-switch';
  }
  return installation(tool, packager);
}

/** Of one that does not answer; where it is not installed, that is what is to be done first. */
function hypervisorFix(config: NodeConfig, specs: MeasuredSpecs, probe: DriverProbe): string | null {
  const packager = packagerOf(config, specs);
  if (config.hypervisor === 'libvirt' && typeof specs.tools.virsh === 'string') {
    return packager === 'apk' ? 'rc-service libvirtd start' : 'systemctl enable --now libvirtd';
  }
  if (config.hypervisor !== 'zones' || probe.usable) return null;
  if (/not installed/.test(probe.reason)) return installation('hypervisor', packager);
  return /is disabled/.test(probe.reason) ? 'svcadm enable svc:/system/zones:default' : null;
}

/** Nothing but images in that format need the program, so a node without it is fit. */
function qcow2({ tools }: MeasuredSpecs): DoctorCheck {
  const version = tools['qemu-img'] ?? null;
  const how = `not installed; for images in the format qcow2: ${installation('qemu-img', 'pkg')}`;
  return { name: 'qemu-img', ok: true, detail: version ?? how, fix: null };
}

/** Nothing but VMs that ask for it need UEFI, so a node without it is fit. */
function firmware(specs: MeasuredSpecs, packager: Packager): DoctorCheck {
  const how = fixOf('ovmf', specs, packager);
  const detail = specs.firmwares.includes('uefi') ? 'BIOS and UEFI' : `BIOS; for VMs that start with UEFI: ${how ?? 'install OVMF'}`;
  return { name: 'firmware', ok: true, detail, fix: null };
}

function checkDisk({ diskFree, disk }: MeasuredSpecs): DoctorCheck {
  const ok = diskFree >= leastDisk;
  const detail = `${sizeInWords(diskFree)} of ${sizeInWords(disk)} free where VMs are kept`;
  return { name: 'disk', ok, detail, fix: ok ? null : 'free some space, or give the node another --state-folder' };
}

async function start(host: Host, what: string, script: string): Promise<void> {
  const { code, stderr } = await run(host, { argv: ['sh', '-c', script], timeout: 60_000 });
  if (code === 0) return;
  throw new CroftError('node.unfit', `${what} could not be started on node ${host.name}: ${stderr.trim()}`, { node: host.name });
}
