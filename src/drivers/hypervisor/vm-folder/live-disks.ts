/** The interface to the QEMU of a running VM, for whichever driver reaches that QEMU. */
import type { Host } from '../../../host/host.ts';
import type { NodeReach, VmReference, VmWithLaunch } from '../driver.ts';

/** The disks of a running VM, controlled by its QEMU. */
export interface LiveDisks {
  /** QEMU's names; the first disk first. */
  nodes: readonly string[];
  /** Runs a QEMU command; `timeout` in ms. Rejects with `command.failed`, `command.timeout`. */
  execute(command: string, parameters: Record<string, unknown>, timeout: number): Promise<unknown>;
  /** Runs a command as a QEMU job, until the job has succeeded; `timeout` in ms. */
  job(command: string, parameters: Record<string, unknown>, timeout: number): Promise<void>;
  /**
   * Runs the work while the file systems in the guest are frozen, where an agent there freezes them; otherwise the state is that of a
   * power cut.
   */
  frozen(work: () => Promise<void>): Promise<void>;
  resume(): Promise<void>;
}

/** How a driver reaches the QEMU of a VM. */
export interface LiveControl {
  /** QEMU's name of the device of a NIC. */
  nicDevice(nicId: string): string;
  /** Major and minor version of the QEMU that a VM would be started with now. */
  version(host: Host): Promise<string>;
  /** False where the VM does not run. */
  whileRunning(node: NodeReach, vm: VmWithLaunch, work: (live: LiveDisks) => Promise<void>): Promise<boolean>;
  kill(node: NodeReach, vm: VmReference): Promise<unknown>;
}
