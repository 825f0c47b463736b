/** The identity of a VM on a node: its user, its folders, and the marks of its process. */
import { createHash } from 'node:crypto';
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import type { NodeLayout } from '../driver.ts';

/** Above every range that distributions, containers and directory services give to accounts; below 2^31. */
const firstUserId = 0x70000000;

/** The user and group number of a VM's process: its own, without an account. Two VMs of a node practically never share a number. */
export function vmUserId(vmId: string): number {
  return firstUserId + (createHash('sha256').update(`user\0${vmId}`).digest().readUInt32BE() >>> 5);
}

/** Parents of all VM folders of a controller. */
export function vmParents(layout: NodeLayout): { state: string; run: string } {
  return { state: `${layout.stateFolder}/vms`, run: `${layout.runFolder}/vms` };
}

export interface VmFolders {
  state: string;
  disk: string;
  seed: string;
  /** A link to the node's UEFI code that fits the variables. */
  firmwareCode: string;
  firmwareVariables: string;
  run: string;
  consoleLog: string;
  /** For commands. QEMU serves one session at each control socket, so the event listener has a socket of its own. */
  qmp: string;
  events: string;
  /** The socket of the guest's agent, if one answers. */
  agent: string;
  vnc: string;
  serial: string;
}

/**
 * The locations of a VM's files. `state` and `run` belong to root, so that the VM's process cannot redirect what root writes there;
 * `run/sockets` is the only folder in which that process may create files.
 */
export function vmFolders(layout: NodeLayout, vmId: string): VmFolders {
  if (!identifierPattern.test(vmId)) throw new CroftError('internal', `"${vmId}" is not an identifier of a VM`);
  const parents = vmParents(layout);
  const state = `${parents.state}/${vmId}`;
  const run = `${parents.run}/${vmId}`;
  return {
    state,
    disk: `${state}/disk.qcow2`,
    seed: `${state}/seed.iso`,
    firmwareCode: `${state}/firmware-code.fd`,
    firmwareVariables: `${state}/firmware-variables.fd`,
    run,
    consoleLog: `${run}/console.log`,
    qmp: `${run}/sockets/qmp.sock`,
    events: `${run}/sockets/qmp-events.sock`,
    agent: `${run}/sockets/agent.sock`,
    vnc: `${run}/sockets/vnc.sock`,
    serial: `${run}/sockets/serial.sock`,
  };
}

/**
 * The value of QEMU's `-name`. The comma ends the identifier, and the name stands first in argv, so that the first bytes of a process's
 * command line identify its VM.
 */
export function processName(vmId: string): string {
  return `guest=${vmId},debug-threads=on`;
}
