/** The QEMU driver keeps the contract of hypervisor drivers, with real QEMUs whose guest is a boot sector. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createQemuDriver } from '../../src/drivers/hypervisor/qemu/qemu.ts';
import { processName, vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { hypervisorContract } from '../contract/hypervisor.ts';
import { type Foreign, type HypervisorStage, hideFile, sealFile, spoilFile, undoneBy } from '../contract/hypervisor-stage.ts';
import { openGuestNetwork, succeed } from './guest-network.ts';
import { alive, openStage, seedBytes, tcgAbilities } from './qemu-stage.ts';

/** Where the tests write into a disk: behind the boot sector. */
const place = mebibyte / 2;

async function openQemuStage(): Promise<HypervisorStage> {
  const here = await openStage();
  const there = await openStage();
  const network = await openGuestNetwork(here.host);
  const { layout } = here;
  const { host } = network;
  const node = { host, layout, abilities: tcgAbilities };
  const disk = (vm: VmLaunch): string => vmFolders(layout, vm.id).disk;
  return {
    ...{ host, layout },
    driver: here.hypervisor.on(node),
    abilities: tcgAbilities,
    other: { host: there.host, layout: there.layout, driver: there.driver },
    async launch({ device = false, deaf = false } = {}) {
      const vm = await here.launch(deaf ? 'deaf' : 'obedient');
      await there.launch();
      if (!device) return vm;
      const port = { ...network.port(newIdentifier()), vmId: vm.id };
      await network.addTap(vm.id, port);
      return { ...vm, ports: [port], volumes: [{ id: newIdentifier(), name: 'data', image: null, size: mebibyte }] };
    },
    reopen: () => createQemuDriver({ seedOf: () => ({ hash: '', build: async () => seedBytes }) }).on(node),
    troubles: {
      async silence({ id }) {
        const { pid } = (await here.observed(id)) ?? assert.fail('it does not run');
        process.kill(pid ?? 0, 'SIGSTOP');
        return undoneBy(async () => process.kill(pid ?? 0, 'SIGCONT'));
      },
      async loseNetwork({ id, ports }) {
        for (const { nicId } of ports) await succeed(host, ['ip', 'link', 'delete', tapName(nicId)]);
        return undoneBy(async () => {
          for (const port of ports) await network.addTap(id, port);
        });
      },
      breakDisk: ({ image }) => hideFile(`${layout.stateFolder}/images/${image.sha256}.raw`),
      sealDisk: (vm) => sealFile(disk(vm)),
      spoilMark: ({ id }) => spoilFile(`${vmFolders(layout, id).state}/started`),
    },
    foreign: namesake,
    async crash(vmId) {
      const seen = await here.observed(vmId);
      process.kill(seen?.pid ?? assert.fail('it does not run'), 'SIGKILL');
    },
    async write(vm, value) {
      await succeed(host, ['qemu-io', '-f', 'qcow2', '-c', `write -q -P ${value} ${place} 512`, disk(vm)]);
    },
    async read(vm) {
      const dump = await succeed(host, ['qemu-io', '-r', '-f', 'qcow2', '-c', `read -v ${place} 512`, disk(vm)]);
      return Number.parseInt(/^0[0-9a-f]*:\s+([0-9a-f]{2})/m.exec(dump)?.[1] ?? '', 16);
    },
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
    },
  };
}

/** A process with the VM's command line, under another user. */
async function namesake(vm: VmLaunch): Promise<Foreign> {
  const child = spawn('sh', ['-c', 'sleep 600; :', processName(vm.id)], { stdio: 'ignore', uid: 65534, gid: 65534, detached: true });
  await once(child, 'spawn');
  const pid = child.pid ?? assert.fail('it has no pid');
  return {
    intact: async () => assert.ok(alive(pid)),
    async [Symbol.asyncDispose]() {
      process.kill(-pid, 'SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

hypervisorContract('qemu', openQemuStage);
