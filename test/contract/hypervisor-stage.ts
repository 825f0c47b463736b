/** What the contract of hypervisor drivers needs of the world that a driver is tried in, and the short ways through it. */
import assert from 'node:assert/strict';
import { chmod, chown, rename, stat, symlink } from 'node:fs/promises';
import type { Capability, NodeAbilities, NodeHypervisor, NodeLayout, NodeReach, ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import { type Host, perform } from '../../src/host/host.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';

/** Something with the name of a VM that is not this controller's. */
export interface Foreign extends AsyncDisposable {
  /** Rejects where it is not as it was. */
  intact(): Promise<void>;
}

/** What can go wrong around a VM; each lasts until it is disposed of. */
export interface Troubles {
  /** What the driver asks when it wants something of this VM, which runs, answers nothing. Null where there is no such thing. */
  silence: ((vm: VmLaunch) => Promise<AsyncDisposable>) | null;
  /** The networks of this VM, which does not run, are not there. */
  loseNetwork(vm: VmLaunch): Promise<AsyncDisposable>;
  /** What the first disk of this VM, which does not run, is made on is not there. */
  breakDisk(vm: VmLaunch): Promise<AsyncDisposable>;
  /** Nothing can be read of what was kept of the start of this VM, which runs. Absent where nothing is kept. */
  spoilMark?(vm: VmLaunch): Promise<AsyncDisposable>;
  /** The first disk of this VM, which does not run, can be read and not written. Absent where disks are restored all at once or not at all. */
  sealDisk?(vm: VmLaunch): Promise<AsyncDisposable>;
}

export interface OtherNode extends NodeReach {
  /** On that node. */
  driver: NodeHypervisor;
}

export interface HypervisorStage extends AsyncDisposable {
  /** On the node. */
  driver: NodeHypervisor;
  host: Host;
  /** Of a node that is prepared. */
  layout: NodeLayout;
  abilities: NodeAbilities;
  /** Another node with the images of this one, prepared too; null where the driver does not declare `move`. */
  other: OtherNode | null;
  /**
   * A launch that boots, with an identifier of its own; its image is on the node, its ports are there when it is started.
   * `device: true` gives it a NIC and a volume, each with its port and image there already. `deaf: true` gives it a guest that
   * does not notice its power button.
   */
  launch(options?: LaunchOptions): Promise<VmLaunch>;
  /** The driver as the next controller has it: nothing is remembered but what the node says. */
  reopen(): NodeHypervisor;
  troubles: Troubles;
  /** Makes something that a careless driver would take for that VM. */
  foreign(vm: VmLaunch): Promise<Foreign>;
  /** Ends the VM's process from outside, as the system's out-of-memory killer does. */
  crash(vmId: string): Promise<void>;
  /** Puts something into the first disk of a VM that does not run; `read` gives what was put there last. */
  write(vm: VmLaunch, value: number): Promise<void>;
  read(vm: VmLaunch): Promise<number>;
}

export interface LaunchOptions {
  device?: boolean;
  deaf?: boolean;
}

export const shortTimes = { powerdown: 200, terminate: 2_000 };

export async function observed(stage: HypervisorStage, vmId: string, on: OtherNode | HypervisorStage = stage): Promise<ObservedVm | null> {
  const [vms] = await perform(on.host, on.driver.observe());
  return vms.find(({ id }) => id === vmId) ?? null;
}

/** What is seen of a VM, `none` where nothing is. */
export async function stateOf(stage: HypervisorStage, vmId: string): Promise<ObservedVm['state'] | 'none'> {
  return (await observed(stage, vmId))?.state ?? 'none';
}

export async function prepare({ driver }: HypervisorStage, vm: VmLaunch): Promise<void> {
  await driver.prepare(withLaunch(vm));
}

export async function start({ driver }: HypervisorStage, vm: VmLaunch): Promise<void> {
  await driver.start(withLaunch(vm));
}

export async function up(stage: HypervisorStage, vm: VmLaunch): Promise<void> {
  await prepare(stage, vm);
  await start(stage, vm);
  assert.equal(await stateOf(stage, vm.id), 'running');
}

/** A VM that is destroyed at the end of the block, and of which nothing is left then. */
export async function borrow(stage: HypervisorStage, options?: LaunchOptions): Promise<AsyncDisposable & { vm: VmLaunch }> {
  const vm = await stage.launch(options);
  return {
    vm,
    async [Symbol.asyncDispose]() {
      await stage.driver.destroy(referenceTo(vm.id));
      assert.equal(await stateOf(stage, vm.id), 'none');
    },
  };
}

/** Where the driver does not declare the capability, the call must be refused as such; then there is nothing more to try. */
export async function lacks({ driver }: HypervisorStage, capability: Capability, call: () => Promise<unknown>): Promise<boolean> {
  if (driver.can.has(capability)) return false;
  await assert.rejects(call, { code: 'unsupported' });
  return true;
}

/** Reading this file is an input/output error. */
export async function spoilFile(file: string): Promise<AsyncDisposable> {
  const hidden = await hideFile(file);
  await symlink('/proc/self/mem', file);
  return hidden;
}

/** There is no such file. */
export async function hideFile(file: string): Promise<AsyncDisposable> {
  await rename(file, `${file}.away`);
  return undoneBy(() => rename(`${file}.away`, file));
}

/** Only root can write this file; its former group and owner can still read it. */
export async function sealFile(file: string): Promise<AsyncDisposable> {
  const { uid, gid, mode } = await stat(file);
  await chown(file, 0, gid);
  await chmod(file, 0o440);
  return undoneBy(async () => {
    await chown(file, uid, gid);
    await chmod(file, mode & 0o777);
  });
}

/** Runs `undo` at the end of the block. */
export function undoneBy(undo: () => Promise<unknown>): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await undo();
    },
  };
}
