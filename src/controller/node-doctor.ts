/** Checks a node for parts that its roles need, reports how to install missing ones, and installs them on request. */
import type { NodeHypervisor, NodeReach } from '../drivers/hypervisor/driver.ts';
import { type Host, perform, run } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import type { Doctor } from '../loops/node/gateway.ts';
import { CroftError } from '../model/error.ts';
import type { DoctorCheck } from '../model/node/doctor.ts';
import { traitsOf } from '../model/node/hypervisor.ts';
import type { NodeConfig } from '../model/node/node.ts';
import { sizeInWords } from '../model/placement/capacity.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import { type MeasuredSpecs, readNodeSpecs } from '../tools/node-specs.ts';
import { hypervisorChecks } from './hypervisor-checks.ts';
import { hypervisorSupport } from './hypervisors.ts';
import { acceleratorOf, toolsOf } from './node-inspection.ts';
import { installation, installPackages, type PackageSource, packagerOf, packagesOf } from './node-packages.ts';

/** Images and disks need room; below this the doctor reports a shortage. */
const leastDisk = 2 * gibibyte;

const switchScript = readScript(import.meta.url, 'scripts/start-open-vswitch.sh');

interface ProbedDriver {
  on(node: NodeReach): Pick<NodeHypervisor, 'name' | 'can' | 'probe'>;
}

export function createDoctor(hypervisorOf: (config: NodeConfig) => ProbedDriver): Doctor {
  return {
    async examine(host, layout, config) {
      const hypervisor = hypervisorOf(config).on({ host, layout });
      const [specs, probe] = await perform(host, readNodeSpecs(layout.stateFolder), hypervisor.probe());
      const source = sourceOf(config, specs);
      const tools = toolsOf(config, specs);
      const checks = [reached(config, specs), ...tools.map((tool) => checkTool(tool, specs, source)), checkDisk(specs)];
      if (!config.roles.includes('compute')) return checks;
      const accelerator = await acceleratorOf(host, layout, config);
      const support = hypervisorSupport[config.hypervisor];
      const probed = { specs, probe, source };
      return [
        ...checks,
        ...hypervisorChecks(hypervisor, probe, support.fix(probed)),
        ...support.checks(probed),
        firmware(specs, source),
        { name: 'acceleration', ok: true, detail: `${accelerator.kind}: ${accelerator.reason}`, fix: null },
      ];
    },
    async treat(host, layout, checks, config) {
      const missing = checks.filter(({ ok }) => !ok).map(({ name }) => name);
      const [specs] = await perform(host, readNodeSpecs(layout.stateFolder));
      const packages = [...new Set(missing.flatMap((tool) => packagesOf(tool, sourceOf(config, specs))))];
      if (packages.length > 0) await installPackages(host, packages);
      if (missing.includes('ovs-vswitchd')) await start(host, 'Open vSwitch', switchScript);
      const { service } = hypervisorSupport[config.hypervisor];
      if (missing.includes('hypervisor') && service !== null) await start(host, service.name, service.script);
    },
  };
}

function sourceOf({ hypervisor }: NodeConfig, specs: MeasuredSpecs): PackageSource {
  const packager = packagerOf(traitsOf(hypervisor).system, specs);
  return { packager, sections: packager === 'apk' ? [] : (hypervisorSupport[hypervisor].packages[packager] ?? []) };
}

function reached({ hypervisor }: NodeConfig, { operatingSystem, kernel, architecture }: MeasuredSpecs): DoctorCheck {
  const { system } = traitsOf(hypervisor);
  return { name: 'login', ok: true, detail: `root on ${operatingSystem}, ${system} ${kernel}, ${architecture}`, fix: null };
}

function checkTool(tool: string, specs: MeasuredSpecs, source: PackageSource): DoctorCheck {
  const version = specs.tools[tool] ?? null;
  const what = tool === 'ovs-vswitchd' ? 'is not running' : 'is not installed';
  return { name: tool, ok: version !== null, detail: version ?? what, fix: version === null ? fixOf(tool, specs, source) : null };
}

function fixOf(tool: string, specs: MeasuredSpecs, source: PackageSource): string | null {
  if (tool === 'ovs-vswitchd' && specs.tools['ovs-vsctl'] !== null) {
    return source.packager === 'apk' ? 'rc-service ovs-vswitchd start' : 'systemctl enable --now openvswitch-switch';
  }
  return installation(tool, source);
}

/** Only VMs that require UEFI need it, so a node without it is fit. */
function firmware(specs: MeasuredSpecs, source: PackageSource): DoctorCheck {
  const how = fixOf('ovmf', specs, source);
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
