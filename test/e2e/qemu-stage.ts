/** A node in a temporary folder, for tests of the QEMU driver: this machine, a boot-sector image, and the removal of all of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { NodeAbilities, NodeLayout, ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import { createQemuDriver } from '../../src/drivers/hypervisor/qemu/qemu.ts';
import { vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import type { Seed } from '../../src/drivers/hypervisor/vm-folder/prepare.ts';
import { type Host, perform } from '../../src/host/host.ts';
import { createLocalHost } from '../../src/host/local-host.ts';
import { newControllerIdentifier, newIdentifier } from '../../src/model/identifier.ts';
import type { LaunchImage, VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { QmpSession } from '../../src/tools/qmp.ts';
import { untilTrue } from '../support/until.ts';
import { launch as anyLaunch } from '../support/vm.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootImage } from './boot-image.ts';
import { putImageFile } from './node-images.ts';

export const tcgAbilities: NodeAbilities = {
  accelerator: { kind: 'tcg', reason: 'for the test' },
  architecture: 'x86_64',
  datapath: 'netdev',
};

export const seedBytes = Buffer.from('a seed');
const plainSeed = (vm: VmLaunch): Seed => ({ hash: vm.userData ?? '', build: async () => seedBytes });

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Ends with everything that it started. `seedOf` makes the seeds of its VMs, from the folder that is for them. */
export async function openStage(seedOf: (vm: VmLaunch, folder: string) => Seed = plainSeed) {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-qemu-'));
  await chmod(folder, 0o711);
  const host = createLocalHost({ name: 'here', sudo: null });
  const hypervisor = createQemuDriver({ seedOf: (vm) => seedOf(vm, folder) });
  const controllerId = newControllerIdentifier();
  const layout: NodeLayout = {
    controllerId,
    stateFolder: `${folder}/state/${controllerId}`,
    runFolder: `${folder}/run/${controllerId}`,
    bridge: 'br-croft',
    uplink: null,
  };
  const driver = hypervisor.on({ host, layout, abilities: tcgAbilities });
  await driver.prepareNode();
  const launched = new Set<string>();

  return {
    folder,
    host,
    hypervisor,
    /** On this node. */
    driver,
    layout,
    async launch(guest: 'obedient' | 'deaf' = 'obedient', changes: Partial<VmLaunch> = {}): Promise<VmLaunch> {
      const { content, sha256 } = bootImage(guest);
      await putImageFile(layout, `${sha256}.raw`, content);
      const image = { id: 'boot', sha256, format: 'raw' as const, size: content.length };
      const vm = anyLaunch({ id: newIdentifier(), memory: 32 * mebibyte, image, ...changes });
      launched.add(vm.id);
      return vm;
    },
    /** Makes the content an image of this node. */
    async putImage(content: Buffer, format: LaunchImage['format']): Promise<LaunchImage> {
      const sha256 = createHash('sha256').update(content).digest('hex');
      await putImageFile(layout, `${sha256}.${format}`, content);
      return { id: sha256, sha256, format, size: content.length };
    },
    /** Resolves with the whole console once it shows the words; the test's own time-out is the limit. */
    async shows(vmId: string, words: string): Promise<string> {
      let seen = '';
      await untilTrue(async () => {
        seen = await driver.consoleLog(referenceTo(vmId), 1_000_000);
        return seen.includes(words);
      }, 200);
      return seen;
    },
    async observed(vmId: string): Promise<ObservedVm | null> {
      const [vms] = await perform(host, driver.observe());
      return vms.find(({ id }) => id === vmId) ?? null;
    },
    /** `place` is where its process runs: this machine, or inside a namespace of it. */
    async up(vm: VmLaunch, place: Host = host): Promise<number> {
      await driver.prepare(withLaunch(vm, 'slice/vm'));
      await hypervisor.on({ host: place, layout, abilities: tcgAbilities }).start(withLaunch(vm, 'slice/vm'));
      const seen = await this.observed(vm.id);
      assert.equal(seen?.state, 'running');
      return seen?.pid ?? 0;
    },
    async [Symbol.asyncDispose]() {
      await driver.purge();
      const left = (await Promise.all([...launched].map(processesOf))).flat();
      for (const pid of left) process.kill(pid, 'SIGKILL');
      await host.close();
      await rm(folder, { recursive: true, force: true });
      assert.deepEqual(left, [], 'the driver leaves no process behind');
    },
  };
}

/** An empty volume of a mebibyte. */
export const volume = () => ({ id: newIdentifier(), name: 'data', image: null, size: mebibyte });

/** The name of each snapshot of the VM, and whether it has memory. */
export const snapshots = async ({ driver, host }: Stage, vm: VmLaunch) => {
  const [found] = await perform(host, driver.snapshots(referenceTo(vm.id)));
  return found.map(({ name, memory }) => [name, memory]);
};

/** Has QEMU itself execute a command of QMP, past the driver. */
export async function control(stage: Stage, vmId: string, command: string, parameters = {}): Promise<unknown> {
  const session = await QmpSession.open(connect(vmFolders(stage.layout, vmId).qmp));
  const answer = await session.execute(command, parameters);
  session.close();
  await session.closed;
  return answer;
}

/** Bytes of the disk that a guest sees; also of one that is in use. */
export async function virtualSize(file: string): Promise<number> {
  const { stdout } = await promisify(execFile)('qemu-img', ['info', '--force-share', '--output=json', file]);
  return JSON.parse(stdout)['virtual-size'];
}

/** The fields of /proc/<pid>/status. */
export async function processStatus(pid: number): Promise<Record<string, string>> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Object.fromEntries(text.split('\n').map((line) => line.split(/:\s+/, 2) as [string, string]));
}

/** The processes that run under the VM's user, by looking at all there are; not those that ended and wait for their parent. */
export async function processesOf(vmId: string): Promise<number[]> {
  const user = String(vmUserId(vmId));
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const statuses = await Promise.all(all.map(async (pid) => ({ pid, status: await processStatus(pid).catch(() => null) })));
  return statuses.filter(({ status }) => status?.Uid?.startsWith(user) && !status.State?.startsWith('Z')).map(({ pid }) => pid);
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
