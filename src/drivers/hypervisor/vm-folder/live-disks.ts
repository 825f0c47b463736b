/** A VM that runs, in the hands of its QEMU, whichever driver reaches that. */
import type { Host } from '../../../host/host.ts';
import type { NodeReach, VmReference, VmWithLaunch } from '../driver.ts';

/** The disks of a VM that runs, in the hands of its QEMU. */
export interface LiveDisks {
  /** As QEMU names them; the first disk first. */
  nodes: readonly string[];
  /** Runs a command of QEMU's; `timeout` in ms. Rejects with `command.failed`, `command.timeout`. */
  execute(command: string, parameters: Record<string, unknown>, timeout: number): Promise<unknown>;
  /** Runs a command as a job of QEMU's, until that has succeeded; `timeout` in ms. */
  job(command: string, parameters: Record<string, unknown>, timeout: number): Promise<void>;
  /** Does it while the file systems in the guest stand still, where an agent there sees to that; else as if power were cut. */
  frozen(work: () => Promise<void>): Promise<void>;
  resume(): Promise<void>;
}

/** How a driver reaches the QEMU of a VM. */
export interface LiveControl {
  /** What QEMU calls the device of a NIC. */
  nicDevice(nicId: string): string;
  /** Major and minor version of the QEMU that a VM would be started with now. */
  version(host: Host): Promise<string>;
  /** False where the VM does not run. */
  whileRunning(node: NodeReach, vm: VmWithLaunch, work: (live: LiveDisks) => Promise<void>): Promise<boolean>;
  kill(node: NodeReach, vm: VmReference): Promise<unknown>;
}
