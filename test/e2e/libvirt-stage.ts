/** A node with a libvirt of its own, for tests of the libvirt driver: its folders, a boot-sector image, and the removal of all of it. */
import assert from 'node:assert/strict';
import type { NodeAbilities, NodeLayout, ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import { createLibvirtDriver } from '../../src/drivers/hypervisor/libvirt/libvirt.ts';
import { perform } from '../../src/host/host.ts';
import { newControllerIdentifier, newIdentifier } from '../../src/model/identifier.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { launch as anyLaunch } from '../support/vm.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootImage } from './boot-image.ts';
import { putImageFile } from './node-images.ts';
import { type LibvirtHost, startLibvirtHost } from './private-libvirt.ts';

export const libvirtAbilities: NodeAbilities = {
  accelerator: { kind: 'tcg', reason: 'for the test' },
  architecture: 'x86_64',
  datapath: 'netdev',
};

export const libvirtParts = {
  seedOf: () => ({ hash: '', build: async () => Buffer.alloc(2048) }),
  uri: 'qemu:///system',
  network: null,
};

export type LibvirtStage = Awaited<ReturnType<typeof openLibvirtStage>>;

/** `network`: the network of libvirt's own that its VMs are in. `startHost` starts a host with another libvirt than the usual one. */
export async function openLibvirtStage(
  controllerId = newControllerIdentifier(),
  network: string | null = null,
  startHost: (name: string) => Promise<LibvirtHost> = startLibvirtHost,
) {
  const node = await startHost('libvirt');
  const { host, folder } = node;
  const hypervisor = createLibvirtDriver({ ...libvirtParts, network });
  const layout: NodeLayout = {
    controllerId,
    stateFolder: `${folder}/state/${controllerId}`,
    runFolder: `${folder}/vms/${controllerId}`,
    bridge: 'br-croft',
    uplink: null,
  };
  const driver = hypervisor.on({ host, layout, abilities: libvirtAbilities });
  await driver.prepareNode();

  return {
    ...{ node, host, hypervisor, driver, layout },
    async launch(guest: 'obedient' | 'deaf' = 'obedient', changes: Partial<VmLaunch> = {}): Promise<VmLaunch> {
      const { content, sha256 } = bootImage(guest);
      await this.putImage(content, sha256);
      const image = { id: 'boot', sha256, format: 'raw' as const, size: content.length };
      return anyLaunch({ id: newIdentifier(), memory: 32 * mebibyte, image, ...changes });
    },
    /** Makes the content an image of this node. */
    async putImage(content: Buffer, sha256: string): Promise<void> {
      await putImageFile(layout, `${sha256}.raw`, content);
    },
    async observed(vmId: string): Promise<ObservedVm | null> {
      const [vms] = await perform(host, driver.observe());
      return vms.find(({ id }) => id === vmId) ?? null;
    },
    async up(vm: VmLaunch): Promise<void> {
      await driver.prepare(withLaunch(vm, 'slice/vm'));
      await driver.start(withLaunch(vm, 'slice/vm'));
      assert.equal((await this.observed(vm.id))?.state, 'running');
    },
    /** Resolves with the whole console once it shows the words; the test's own time-out is the limit. */
    async shows(vmId: string, words: string): Promise<string> {
      let seen = '';
      await untilTrue(async () => {
        seen = await driver.consoleLog(referenceTo(vmId), 1_000_000);
        return seen.includes(words);
      }, 100);
      return seen;
    },
    async [Symbol.asyncDispose]() {
      await driver.purge();
      const left = await node.virsh('list', '--all', '--name');
      await node.stop();
      assert.equal(left.trim(), '', 'the driver leaves no domain behind');
    },
  };
}
