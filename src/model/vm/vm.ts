/** VMs as stored: desired state, placement, observation; each part has one writer. */
import type { VmSpec } from './fields.ts';

/** paused: running, with its guest paused. */
export const vmDesiredStates = ['running', 'paused', 'stopped', 'absent'] as const;
export type VmDesired = (typeof vmDesiredStates)[number];

/**
 * none: nothing of it is on the node. preparing: its folder is incomplete. stopped: complete, no process. failed: complete, and its
 * process ended by itself otherwise than the guest powering off. unknown: the node does not answer; it never means gone.
 */
export const vmObservedStates = ['none', 'preparing', 'stopped', 'running', 'paused', 'failed', 'unknown'] as const;
export type VmObservedState = (typeof vmObservedStates)[number];

/** An operation that failed and is tried again. */
export interface Retry {
  /** Consecutive failures. */
  failures: number;
  /** Not tried again before this time, ms since 1970; null where nothing delays the operation. */
  at: number | null;
}

export interface LaunchRetry extends Retry {
  /** Hash of the VmLaunch that was tried: another launch is tried at once. */
  of: string;
}

export interface VmObserved {
  state: VmObservedState;
  /** Why the VM is not as desired, human-readable; null when it is. */
  reason: string | null;
  /** The step in progress, such as `image` or `start`; null when there is none. */
  step: string | null;
  pid: number | null;
  /** When its process started, ms since 1970. */
  startedAt: number | null;
  /** Restarts by the restart policy since the VM last ran long enough. */
  restarts: number;
  /** The next restart by the restart policy happens no earlier than this time, ms since 1970; null when none is due. */
  restartAt: number | null;
  /** The failed start of the VM; null once the VM runs. */
  launchRetry: LaunchRetry | null;
  /**
   * The failed change of the running VM; null once the VM runs as wanted. `at` is null where the guest did not accept all of its
   * sizes: the guest is not offered them again.
   */
  changeRetry: LaunchRetry | null;
  /** The resumption of a guest that was paused by a full disk; null once the guest has run for long since. */
  diskRetry: Retry | null;
  /** Hash of the running VmLaunch, null when the VM does not run. */
  launchHash: string | null;
  /** Bytes of memory that the VM runs with or may take again, which may exceed the memory of its next start; null when it does not run. */
  memoryHeld: number | null;
  /** The generation for which the last pass found no work left. */
  settledGeneration: number | null;
  /** Every NIC with DHCP has taken its lease since its start, or since the NIC was added to the running VM. */
  addressed: boolean;
}

export interface Nic {
  id: string;
  vmId: string;
  networkId: string;
  /** Name of the network. */
  network: string;
  name: string;
  mac: string;
  address: string;
}

/** A volume as stored; `imageId` is the image that its name meant when the volume was made. */
export interface Volume {
  id: string;
  vmId: string;
  name: string;
  imageId: string | null;
}

export interface Vm {
  id: string;
  sliceId: string;
  slice: string;
  name: string;
  spec: VmSpec;
  desired: VmDesired;
  /** Grows with each change of the desired state. */
  generation: number;
  /** Grows with each `vm restart`: a running VM started for a lower one is restarted. */
  boot: number;
  /** The image's identifier: the file that the name referred to when the VM was made. */
  imageId: string;
  nodeId: string | null;
  /** Why it has no node yet; null once it has. */
  pendingReason: string | null;
  /** The target node of its move: the VM is stopped here, its disks are copied, and then it belongs to that node. */
  movingTo: string | null;
  /** Why it cannot leave its draining node; null when it need not leave. */
  stayReason: string | null;
  observed: VmObserved;
  nics: Nic[];
  volumes: Volume[];
  createdAt: number;
}

export const unobserved: VmObserved = {
  state: 'none',
  reason: null,
  step: null,
  pid: null,
  startedAt: null,
  restarts: 0,
  restartAt: null,
  launchRetry: null,
  changeRetry: null,
  diskRetry: null,
  launchHash: null,
  memoryHeld: null,
  settledGeneration: null,
  addressed: false,
};
