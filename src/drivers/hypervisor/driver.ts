/** The interface of hypervisor drivers: how VMs run on one node, and how they are observed. */
import type { Duplex } from 'node:stream';
import type { Call, Host } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { Accelerator, LimitedResource } from '../../model/node/node.ts';
import type { VmLaunch } from '../../model/node/plan.ts';
import type { Capability } from '../../model/vm/capability.ts';
import type { VmObservedState } from '../../model/vm/vm.ts';

/** The folders of this controller on a node; they end with the controller's identifier. */
export interface NodeLayout {
  controllerId: string;
  /** Survives a reboot: disks, seeds, images. */
  stateFolder: string;
  /** Does not survive a reboot: sockets, pidfiles, console logs. */
  runFolder: string;
  bridge: string;
  uplink: string | null;
}

/** The properties of the node that a driver got from its inspection. */
export interface NodeAbilities {
  accelerator: Accelerator;
  architecture: string;
  datapath: 'system' | 'netdev';
}

export interface ObservedVm {
  id: string;
  state: Exclude<VmObservedState, 'none' | 'unknown'>;
  pid: number | null;
  /** ms since 1970, by the node's clock. */
  startedAt: number | null;
  /**
   * Bytes that the VM's process may take for its guest, including memory that the guest has returned and may take again. Null where the
   * VM does not run, or the number is not known.
   */
  memory: number | null;
  /** `planHash` of the VmLaunch that the VM was prepared or started from; null when it cannot be read. */
  launchHash: string | null;
  /**
   * Exit code of the process where it ended by itself and was started from this launch, 0 where the guest powered off. Null where it
   * runs, was stopped, was never started from this launch, or was lost with its node.
   */
  exitCode: number | null;
  /**
   * The VM has a process, and its stop, or the restore of its memory, has begun; where no caller continues this work, it was interrupted.
   * The VM must be stopped before anything else: its end counts as wanted, and a half restored VM may not run.
   */
  cutOff?: boolean;
  /** The VM does not run, and its record cannot be read because a newer Croft wrote it. The VM is left as it is. */
  unreadable?: string;
  /** Why the hypervisor paused the guest by itself. Absent where it did not. */
  halted?: 'disk-full';
  /** The guest's file systems may be frozen since an interrupted snapshot, until `thaw`. Absent where they are not. */
  frozen?: true;
}

/** The connection to a node, and the folders of this controller there. */
export interface NodeReach {
  host: Host;
  layout: NodeLayout;
}

/** A node as drivers, of hypervisors and of networks, are bound to it. */
export interface DriverNode extends NodeReach {
  /** Absent before the node's first inspection: nothing can be started there until then. */
  abilities?: NodeAbilities;
}

/** A VM as drivers receive it: its identifier, and the name `slice/vm` that its users know, for messages. */
export interface VmReference {
  id: string;
  label: string;
}

/** With the launch that the VM is made from, or is to be made from. */
export interface VmWithLaunch extends VmReference {
  launch: VmLaunch;
}

export interface TransferOptions {
  /** As observed: a guest that powered off by itself is reported so on the other node too. */
  exitCode: number | null;
  /** Ends the transfer, which then rejects; the parts that have arrived are used by a resumed transfer or discarded later. */
  signal: AbortSignal;
  /** Receives the whole percent that have arrived. */
  onProgress(percent: number): void;
}

/** The time for each way of stopping before the next way is tried, in ms. */
export interface StopTimes {
  powerdown: number;
  terminate: number;
}

export { type Capability, capabilities } from '../../model/vm/capability.ts';

/** Whether the driver's programs are present on a node and answer, and which limits of VMs are enforced there. */
export type DriverProbe = { usable: true; version: string; limits: LimitedResource[] } | { usable: false; reason: string };

/** A snapshot of all disks of a VM, with the guest's memory where `memory`; `at` in ms since 1970. */
export interface ObservedSnapshot {
  name: string;
  memory: boolean;
  at: number;
}

/** Changes that were not possible while the guest runs, and take effect at its next start. */
export interface Deferred {
  atNextStart: ('cpus' | 'memory' | 'disk')[];
}

/** An event that a driver reports by itself. Its only effect is an immediate pass. */
export interface DriverEvent {
  vmId: string;
  kind: 'started' | 'stopped' | 'paused' | 'resumed' | 'rebooted' | 'crashed';
}

/** The answer of an agent inside the guest; null where none answers. */
export interface GuestReport {
  hostname: string | null;
  operatingSystem: string | null;
  addresses: { nic: string; mac: string | null; address: string }[];
}

export interface HypervisorDriver {
  readonly name: string;
  readonly can: ReadonlySet<Capability>;

  /** Binds the driver to a node. State remembered for a node is keyed by the node's layout, which must be the same object each time. */
  on(node: DriverNode): NodeHypervisor;
}

/** A hypervisor driver that works on one node. */
export interface NodeHypervisor {
  /** As of its driver. */
  readonly name: string;
  readonly can: ReadonlySet<Capability>;

  /** Whether the driver can work on the node. Never throws. */
  probe(): Call<DriverProbe>;

  /** Prepares the node's folders for VMs of this controller. Repeating the call does no harm. */
  prepareNode(): Promise<void>;

  /** All VMs of this controller on the node, in one call. */
  observe(): Call<ObservedVm[]>;

  /**
   * The launch of a running VM, with all parts added and removed since; its hash is the observed one. Null where the launch is not known,
   * as with a VM that an earlier version of Croft started. Says nothing about a VM that does not run.
   */
  runningLaunch(vm: VmReference): Call<VmLaunch | null>;

  /** Creates the VM's folder with overlay and seed, from an image that is on the node already. Repeating the call does no harm. */
  prepare(vm: VmWithLaunch): Promise<void>;

  /** Starts the VM unless its process runs. Its ports must exist. Rejects with `vm.launch` and QEMU's own words. */
  start(vm: VmWithLaunch): Promise<void>;

  /** Asks the guest to power down, then ends its process, then kills it; resolves when the process is gone. */
  stop(vm: VmReference, times: StopTimes): Promise<'powered-down' | 'terminated' | 'killed' | 'not-running'>;

  /** Ends the VM at once, without notice to the guest; false where it did not run. */
  kill(vm: VmReference): Promise<boolean>;

  /** Repeating the call does no harm. Rejects with `vm.not-running`. */
  pause(vm: VmReference): Promise<void>;
  resume(vm: VmReference): Promise<void>;

  /**
   * Resets the guest, or asks the guest to restart itself where `gently`; the VM keeps running, even where its guest ignores the request.
   * Rejects with `vm.not-running`, and with `vm.unheeded` where the guest was seen to ignore the request.
   */
  reboot(vm: VmReference, gently: boolean): Promise<void>;

  /**
   * Thaws the file systems of a guest that an interrupted snapshot froze; no effect on a VM that does not run. Rejects with
   * `command.timeout` where no agent in the guest answers.
   */
  thaw(vm: VmReference): Promise<void>;

  /**
   * Applies changes of CPUs, memory and disks to a VM, as far as possible now; a VM that does not run gets all of them at its next start
   * anyway. Its devices are the ones that it runs with, even where others are wanted. Rejects with `input.invalid` where a disk would
   * become smaller than it is.
   */
  resize(vm: VmWithLaunch): Promise<Deferred>;

  /**
   * Snapshots the parts that the VM runs with, even where other devices are wanted; afterwards the VM is in the same state as before.
   * Rejects with `conflict.exists` for a name in use. `memory` only for a running VM.
   */
  snapshot(vm: VmWithLaunch, name: string, memory: boolean): Promise<void>;

  /**
   * Restores disks, and memory where the snapshot has it: afterwards the VM runs exactly where the snapshot has memory. Rejects with
   * `not-found`, and before any change with `conflict.changed` where the memory belongs to other parts than the present and wanted ones.
   */
  revert(vm: VmWithLaunch, name: string): Promise<void>;

  /** Removing a missing snapshot does no harm. */
  removeSnapshot(vm: VmWithLaunch, name: string): Promise<void>;

  /** Oldest first. */
  snapshots(vm: VmReference): Call<ObservedSnapshot[]>;

  /** For a running VM whose ports exist. Repeating the call does no harm. */
  attachNic(vm: VmWithLaunch, nicId: string): Promise<void>;
  detachNic(vm: VmReference, nicId: string): Promise<void>;

  /** For a running VM; the volume's image is on the node. Repeating the call does no harm. The content of a detached volume is lost. */
  attachVolume(vm: VmWithLaunch, volumeId: string): Promise<void>;
  detachVolume(vm: VmReference, volumeId: string): Promise<void>;

  /** Removes everything of the VM on the node; kills a running process. */
  destroy(vm: VmReference): Promise<void>;

  /** VMs of which a part has arrived from another node; they are no VMs of this node yet, and are not among those observed. */
  arrivals(): Call<string[]>;

  /** Removes the parts of a VM that have arrived. */
  discardArrival(vm: VmReference): Promise<void>;

  /** Rejects with `disk.full` where the other node has no room for the VM's files. The VM may run. */
  requireRoom(vm: VmWithLaunch, to: NodeReach): Promise<void>;

  /**
   * Copies a VM that does not run to another node, which has its images already. Resolves when the copy is complete and durable there, in
   * the state of a stopped VM; the first node keeps all its files. Files from an earlier attempt are resumed, other files of the VM there
   * are removed. Rejects with `disk.full`, `command.failed`, `node.*`, or with its signal's reason; the VM is then at most an arrival on
   * the other node.
   */
  transfer(vm: VmWithLaunch, to: NodeReach, options: TransferOptions): Promise<void>;

  /**
   * The serial console: bytes to and from the guest. Only one may be open for a VM at a time. It closes when the VM's process has ended
   * and all output was read. Rejects where opening takes too long, and may reject once the signal is aborted, when the caller no longer
   * waits.
   */
  console(vm: VmReference, signal?: AbortSignal): Promise<Duplex>;

  /** The screen in the RFB protocol; it closes as a console does. */
  vnc(vm: VmReference): Promise<Duplex>;

  /** Asks the agent in the guest; null where none answers. */
  guest(vm: VmReference): Promise<GuestReport | null>;

  /**
   * Reports changes on the node until disposed of. Where the connection to the source of events is lost, the driver reconnects by itself.
   */
  watch(onEvent: (event: DriverEvent) => void): AsyncDisposable;

  /** The output of the serial console since the VM was first started; its last `bytes`. */
  consoleLog(vm: VmReference, bytes: number): Promise<string>;

  /**
   * Removes everything of this controller from the node: kills its VMs, deletes its state and run folders with all content, and reverts
   * the changes of `prepareNode`. Called after the network driver's purge, which still needs the run folder.
   */
  purge(): Promise<void>;
}

/** Throws `node.unreachable` before the node's first inspection. */
export function abilitiesOf({ host, abilities }: DriverNode): NodeAbilities {
  if (abilities !== undefined) return abilities;
  throw new CroftError('node.unreachable', `node ${host.name} is not ready`, { node: host.name });
}

/** For a VM that does not run. */
export function notRunning({ host: { name } }: NodeReach, { label }: VmReference, cause?: unknown): CroftError {
  return new CroftError('vm.not-running', `VM ${label} does not run on ${name}`, { node: name, cause, hint: 'Start it first.' });
}
