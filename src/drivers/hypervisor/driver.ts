/** The interface of hypervisor drivers: how VMs come to run on one node, and how they are seen. */
import type { Duplex } from 'node:stream';
import type { Call, Host } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
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
  /** It does not run, and why it cannot be told what it is: a newer Croft wrote that. It is left as it is. */
  unreadable?: string;
  /** Why its hypervisor holds its guest still by itself. Absent where it does not. */
  halted?: 'disk-full';
  /** The file systems of its guest may stand still since a snapshot was cut off, until `thaw`. Absent where they go on. */
  frozen?: true;
}

/** How a node is reached, and what is this controller's there. */
export interface NodeReach {
  host: Host;
  layout: NodeLayout;
}

/** A node as a driver works on it. */
export interface HypervisorNode extends NodeReach {
  /** Absent where the node was not looked at yet: nothing can be started there before that. */
  abilities?: NodeAbilities;
}

/** A VM as drivers are told of it: by its identifier, with the name `slice/vm` that its users know, for messages. */
export interface VmReference {
  id: string;
  label: string;
}

/** With all that it is, or is to be, made from. */
export interface VmWithLaunch extends VmReference {
  launch: VmLaunch;
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

  /** Binds it to a node. What it remembers of a node goes by the node's layout, which must be the same object each time. */
  on(node: HypervisorNode): NodeHypervisor;
}

/** A hypervisor driver that works on one node. */
export interface NodeHypervisor {
  /** As of its driver. */
  readonly name: string;
  readonly can: ReadonlySet<Capability>;

  /** Whether it can work on the node. Never throws. */
  probe(): Call<DriverProbe>;

  /** Makes the node's folders ready for VMs of this controller. Repeating it does no harm. */
  prepareNode(): Promise<void>;

  /** All VMs of this controller on the node, in one call. */
  observe(): Call<ObservedVm[]>;

  /**
   * What a VM that runs is started from, with all that came to it and left it since; its hash is the one that is observed.
   * Null where that cannot be known, as of one that an earlier version of Croft started. Of one that does not run it says nothing.
   */
  runningLaunch(vm: VmReference): Call<VmLaunch | null>;

  /** Makes the VM's folder with overlay and seed, from an image that is on the node already. Repeating it does no harm. */
  prepare(vm: VmWithLaunch): Promise<void>;

  /** Starts the VM unless its process runs. Its ports must be there. Rejects with `vm.launch` and QEMU's own words. */
  start(vm: VmWithLaunch): Promise<void>;

  /** Asks the guest to power down, then ends its process, then kills it; resolves when it is gone. */
  stop(vm: VmReference, times: StopTimes): Promise<'powered-down' | 'terminated' | 'killed' | 'not-running'>;

  /** Ends it at once, without a word to the guest; false where it did not run. */
  kill(vm: VmReference): Promise<boolean>;

  /** Repeating it does no harm. Rejects with `vm.not-running`. */
  pause(vm: VmReference): Promise<void>;
  resume(vm: VmReference): Promise<void>;

  /**
   * Resets the guest, or asks it to restart itself where `gently`; the VM goes on running, also where its guest ignores that.
   * Rejects with `vm.not-running`, and with `vm.unheeded` where it is seen that the guest ignored it.
   */
  reboot(vm: VmReference, gently: boolean): Promise<void>;

  /**
   * Lets the file systems of a guest go on that a snapshot which was cut off made stand still; of a VM that does not run it does
   * nothing. Rejects with `command.timeout` where nobody in the guest answers.
   */
  thaw(vm: VmReference): Promise<void>;

  /**
   * Brings what changed of CPUs, memory and disks to a VM, as far as it can be done now; a VM that does not run gets all of it
   * at its next start anyway. Its devices are those that it runs with, also where it is to have others. Rejects with
   * `input.invalid` where a disk would become smaller than it is.
   */
  resize(vm: VmWithLaunch): Promise<Deferred>;

  /**
   * Of what the VM runs with, also where it is to have other devices; at the end it is as it was before. Rejects with
   * `conflict.exists` for a name that is taken. `memory` only of one that runs.
   */
  snapshot(vm: VmWithLaunch, name: string, memory: boolean): Promise<void>;

  /**
   * Puts disks, and memory where the snapshot has it, back: the VM then runs exactly where it has memory. Rejects with `not-found`,
   * and before anything of it is touched with `conflict.changed` where memory is of other parts than the VM runs with and is to have.
   */
  revert(vm: VmWithLaunch, name: string): Promise<void>;

  /** Removing one that is not there does no harm. */
  removeSnapshot(vm: VmWithLaunch, name: string): Promise<void>;

  /** Oldest first. */
  snapshots(vm: VmReference): Call<ObservedSnapshot[]>;

  /** Of a VM that runs; its ports are there. Repeating it does no harm. */
  attachNic(vm: VmWithLaunch, nicId: string): Promise<void>;
  detachNic(vm: VmReference, nicId: string): Promise<void>;

  /** Of a VM that runs; the volume's image is there. Repeating it does no harm. What is on one that is detached is lost. */
  attachVolume(vm: VmWithLaunch, volumeId: string): Promise<void>;
  detachVolume(vm: VmReference, volumeId: string): Promise<void>;

  /** Removes all of the VM that is on the node; kills its process where one runs. */
  destroy(vm: VmReference): Promise<void>;

  /** VMs of which a part has arrived from another node; they are no VMs of this node yet, and are not among those observed. */
  arrivals(): Call<string[]>;

  /** Removes what has arrived of a VM. */
  discardArrival(vm: VmReference): Promise<void>;

  /** Rejects with `disk.full` where the VM's files would not find room on the other node. It may run. */
  requireRoom(vm: VmWithLaunch, to: NodeReach): Promise<void>;

  /**
   * Copies a VM that does not run to another node, which has its images already. Resolves when it is whole and durable
   * there, where it then is as if it had been stopped; the first node keeps all it has. What an earlier attempt brought is
   * gone on with, what else was there of the VM is removed. Rejects with `disk.full`, `command.failed`, `node.*`, or as its
   * signal says; the VM is then nothing on the other node but, at the most, an arrival.
   */
  transfer(vm: VmWithLaunch, to: NodeReach, options: TransferOptions): Promise<void>;

  /**
   * The serial console: bytes to and from the guest. Only one may be open for a VM at a time. It closes when the VM's process has
   * ended and all was read. Rejects where that takes too long, and may once the signal is aborted: nobody waits for it any more.
   */
  console(vm: VmReference, signal?: AbortSignal): Promise<Duplex>;

  /** The screen, as the RFB protocol speaks it; it closes as a console does. */
  vnc(vm: VmReference): Promise<Duplex>;

  /** Asks the agent in the guest; null where none answers. */
  guest(vm: VmReference): Promise<GuestReport | null>;

  /** Tells of changes on the node until it is disposed of. Where the way to them is lost it tries again by itself. */
  watch(onEvent: (event: DriverEvent) => void): AsyncDisposable;

  /** What the serial console printed since the VM was first started; the last `bytes` of it. */
  consoleLog(vm: VmReference, bytes: number): Promise<string>;

  /**
   * Removes all of this controller from the node: kills its VMs, deletes its state and run folders with everything in them,
   * and takes back what `prepareNode` changed. Comes after the network driver's purge, which still needs the run folder.
   */
  purge(): Promise<void>;
}

/** Throws `node.unreachable` where the node was not looked at yet. */
export function abilitiesOf({ host, abilities }: HypervisorNode): NodeAbilities {
  if (abilities !== undefined) return abilities;
  throw new CroftError('node.unreachable', `node ${host.name} is not ready`, { node: host.name });
}

/** Of a VM that does not run. */
export function notRunning({ host: { name } }: NodeReach, { label }: VmReference, cause?: unknown): CroftError {
  return new CroftError('vm.not-running', `VM ${label} does not run on ${name}`, { node: name, cause, hint: 'Start it first.' });
}
