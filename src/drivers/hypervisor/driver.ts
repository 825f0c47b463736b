/** The interface of hypervisor drivers: how VMs come to run on one node, and how they are seen. */
import type { Duplex } from 'node:stream';
import type { Call, Host } from '../../host/host.ts';
import type { Accelerator, LimitedResource } from '../../model/node/node.ts';
import type { VmLaunch } from '../../model/node/plan.ts';
import type { Capability } from '../../model/vm/capability.ts';
import type { VmObservedState } from '../../model/vm/vm.ts';

/** Where this controller's things lie on a node; folders end with the controller's identifier. */
export interface NodeLayout {
  controllerId: string;
  /** Survives a reboot: disks, seeds, images. */
  stateFolder: string;
  /** Does not: sockets, pidfiles, console logs. */
  runFolder: string;
  bridge: string;
  uplink: string | null;
}

/** What a driver was told of the node when it was looked at. */
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
   * Bytes that its process may take for its guest, whatever that has given back of them: it may take them again. Null where it
   * does not run, or that is not known.
   */
  memory: number | null;
  /** `planHash` of the VmLaunch that it was prepared or started from; null when it cannot be read. */
  launchHash: string | null;
  /**
   * Exit code of the process where it ended by itself and was started from this launch, 0 where the guest powered off.
   * Null where it runs, was stopped, was never started from this launch, or was lost with its node.
   */
  exitCode: number | null;
  /**
   * It has a process, and its stop was begun, or putting it back with its memory; where nobody is at it, that was cut off. It is to be
   * stopped before anything else: its end is taken for a wanted one, and what is half put back may not go on.
   */
  cutOff?: boolean;
  /** Why its hypervisor holds its guest still by itself. Absent where it does not. */
  halted?: 'disk-full';
  /** The file systems of its guest may stand still since a snapshot was cut off, until `thaw`. Absent where they go on. */
  frozen?: true;
}

/** A node as a driver works on it. */
export interface NodeReach {
  host: Host;
  layout: NodeLayout;
}

export interface TransferOptions {
  /** As it was observed: a guest that powered off by itself has done so on the other node too. */
  exitCode: number | null;
  /** Ends the transfer, which then rejects; what has arrived is gone on with or discarded later. */
  signal: AbortSignal;
  /** Told the whole percent that have arrived. */
  onProgress(percent: number): void;
}

/** How long each way of stopping is given before the next one is tried, in ms. */
export interface StopTimes {
  powerdown: number;
  terminate: number;
}

export { type Capability, capabilities } from '../../model/vm/capability.ts';

/** Whether the driver's programs are on a node and answer, and what of its VMs is kept within limits there. */
export type DriverProbe = { usable: true; version: string; limits: LimitedResource[] } | { usable: false; reason: string };

/** A snapshot of all disks of a VM, with the guest's memory where `memory`; `at` in ms since 1970. */
export interface ObservedSnapshot {
  name: string;
  memory: boolean;
  at: number;
}

/** What could not be done while the guest runs, and is so after its next start. */
export interface Deferred {
  atNextStart: ('cpus' | 'memory' | 'disk')[];
}

/** What a driver tells of by itself. Nothing is decided from it but that a pass comes at once. */
export interface DriverEvent {
  vmId: string;
  kind: 'started' | 'stopped' | 'paused' | 'resumed' | 'rebooted' | 'crashed';
}

/** What an agent inside the guest says; null where none answers. */
export interface GuestReport {
  hostname: string | null;
  operatingSystem: string | null;
  addresses: { nic: string; mac: string | null; address: string }[];
}

export interface HypervisorDriver {
  readonly name: string;
  readonly can: ReadonlySet<Capability>;

  /** Whether it can work on the node. Never throws. */
  probe(): Call<DriverProbe>;

  /** Makes the node's folders ready for VMs of this controller. Repeating it does no harm. */
  prepareNode(host: Host, layout: NodeLayout): Promise<void>;

  /** All VMs of this controller on the node, in one call. */
  observe(layout: NodeLayout): Call<ObservedVm[]>;

  /**
   * What a VM that runs is started from, with all that came to it and left it since; its hash is the one that is observed.
   * Null where that cannot be known, as of one that an earlier version of Croft started. Of one that does not run it says nothing.
   */
  runningLaunch(layout: NodeLayout, vmId: string): Call<VmLaunch | null>;

  /** Makes the VM's folder with overlay and seed, from an image that is on the node already. Repeating it does no harm. */
  prepare(host: Host, layout: NodeLayout, vm: VmLaunch, label: string): Promise<void>;

  /** Starts the VM unless its process runs. Its ports must be there. Rejects with `vm.launch` and QEMU's own words. */
  start(host: Host, layout: NodeLayout, abilities: NodeAbilities, vm: VmLaunch, label: string): Promise<void>;

  /** Asks the guest to power down, then ends its process, then kills it; resolves when it is gone. */
  stop(host: Host, layout: NodeLayout, vmId: string, times: StopTimes): Promise<'powered-down' | 'terminated' | 'killed' | 'not-running'>;

  /** Ends it at once, without a word to the guest; false where it did not run. */
  kill(host: Host, layout: NodeLayout, vmId: string): Promise<boolean>;

  /** Repeating it does no harm. Rejects with `vm.not-running`. */
  pause(host: Host, layout: NodeLayout, vmId: string): Promise<void>;
  resume(host: Host, layout: NodeLayout, vmId: string): Promise<void>;

  /**
   * Resets the guest, or asks it to restart itself where `gently`; the VM goes on running, also where its guest ignores that.
   * Rejects with `vm.not-running`, and with `vm.unheeded` where it is seen that the guest ignored it.
   */
  reboot(host: Host, layout: NodeLayout, vmId: string, gently: boolean): Promise<void>;

  /**
   * Lets the file systems of a guest go on that a snapshot which was cut off made stand still; of a VM that does not run it does
   * nothing. Rejects with `command.timeout` where nobody in the guest answers.
   */
  thaw(host: Host, layout: NodeLayout, vmId: string): Promise<void>;

  /**
   * Brings what changed of CPUs, memory and disks to a VM, as far as it can be done now; a VM that does not run gets all of it
   * at its next start anyway. Its devices are those that it runs with, also where it is to have others. Rejects with
   * `input.invalid` where a disk would become smaller than it is.
   */
  resize(host: Host, layout: NodeLayout, vm: VmLaunch): Promise<Deferred>;

  /**
   * Of what the VM runs with, also where it is to have other devices; at the end it is as it was before. Rejects with
   * `conflict.exists` for a name that is taken. `memory` only of one that runs.
   */
  snapshot(host: Host, layout: NodeLayout, vm: VmLaunch, name: string, memory: boolean): Promise<void>;

  /**
   * Puts disks, and memory where the snapshot has it, back: the VM then runs exactly where it has memory. Rejects with `not-found`,
   * and before anything of it is touched with `conflict.changed` where memory is of other parts than the VM runs with and is to have.
   */
  revert(host: Host, layout: NodeLayout, abilities: NodeAbilities, vm: VmLaunch, name: string): Promise<void>;

  /** Removing one that is not there does no harm. */
  removeSnapshot(host: Host, layout: NodeLayout, vm: VmLaunch, name: string): Promise<void>;

  /** Oldest first. */
  snapshots(layout: NodeLayout, vmId: string): Call<ObservedSnapshot[]>;

  /** Of a VM that runs; its ports are there. Repeating it does no harm. */
  attachNic(host: Host, layout: NodeLayout, abilities: NodeAbilities, vm: VmLaunch, nicId: string): Promise<void>;
  detachNic(host: Host, layout: NodeLayout, vmId: string, nicId: string): Promise<void>;

  /** Of a VM that runs; the volume's image is there. Repeating it does no harm. What is on one that is detached is lost. */
  attachVolume(host: Host, layout: NodeLayout, vm: VmLaunch, volumeId: string): Promise<void>;
  detachVolume(host: Host, layout: NodeLayout, vmId: string, volumeId: string): Promise<void>;

  /** Removes all of the VM that is on the node; kills its process where one runs. */
  destroy(host: Host, layout: NodeLayout, vmId: string): Promise<void>;

  /** VMs of which a part has arrived from another node; they are no VMs of this node yet, and are not among those observed. */
  arrivals(layout: NodeLayout): Call<string[]>;

  /** Removes what has arrived of a VM. */
  discardArrival(host: Host, layout: NodeLayout, vmId: string): Promise<void>;

  /** Rejects with `disk.full` where the VM's files would not find room on the other node. It may run. */
  requireRoom(from: NodeReach, to: NodeReach, vm: VmLaunch): Promise<void>;

  /**
   * Copies a VM that does not run to another node, which has its images already. Resolves when it is whole and durable
   * there, where it then is as if it had been stopped; the first node keeps all it has. What an earlier attempt brought is
   * gone on with, what else was there of the VM is removed. Rejects with `disk.full`, `command.failed`, `node.*`, or as its
   * signal says; the VM is then nothing on the other node but, at the most, an arrival.
   */
  transfer(from: NodeReach, to: NodeReach, vm: VmLaunch, label: string, options: TransferOptions): Promise<void>;

  /**
   * The serial console: bytes to and from the guest. Only one may be open for a VM at a time. It closes when the VM's process has
   * ended and all was read. Rejects where that takes too long, and may once the signal is aborted: nobody waits for it any more.
   */
  console(host: Host, layout: NodeLayout, vmId: string, signal?: AbortSignal): Promise<Duplex>;

  /** The screen, as the RFB protocol speaks it; it closes as a console does. */
  vnc(host: Host, layout: NodeLayout, vmId: string): Promise<Duplex>;

  /** Asks the agent in the guest; null where none answers. */
  guest(host: Host, layout: NodeLayout, vmId: string): Promise<GuestReport | null>;

  /** Tells of changes on the node until it is disposed of. Where the way to them is lost it tries again by itself. */
  watch(host: Host, layout: NodeLayout, onEvent: (event: DriverEvent) => void): AsyncDisposable;

  /** What the serial console printed since the VM was first started; the last `bytes` of it. */
  consoleLog(host: Host, layout: NodeLayout, vmId: string, bytes: number): Promise<string>;

  /**
   * Removes all of this controller from the node: kills its VMs, deletes its state and run folders with everything in them,
   * and takes back what `prepareNode` changed. Comes after the network driver's purge, which still needs the run folder.
   */
  purge(host: Host, layout: NodeLayout): Promise<void>;
}
