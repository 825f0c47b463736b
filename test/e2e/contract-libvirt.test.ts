/** The libvirt driver keeps the contract of hypervisor drivers, with a real libvirt whose guests are boot sectors. */
import assert from 'node:assert/strict';
import { createLibvirtDriver } from '../../src/drivers/hypervisor/libvirt/libvirt.ts';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { hypervisorContract } from '../contract/hypervisor.ts';
import { type Foreign, type HypervisorStage, hideFile, sealFile, spoilFile, undoneBy } from '../contract/hypervisor-stage.ts';
import { port as anyPort } from '../support/vm.ts';
import { type LibvirtStage, libvirtAbilities, libvirtParts, openLibvirtStage } from './libvirt-stage.ts';

/** Where the tests write into a disk: behind the boot sector. */
const place = String(mebibyte / 2);

async function openStage(): Promise<HypervisorStage> {
  const here = await openLibvirtStage();
  const there = await openLibvirtStage(here.layout.controllerId);
  const { layout, node, host, driver } = here;
  const addTap = (nicId: string) => node.sh('ip tuntap add dev "$1" mode tap && ip link set "$1" up', tapName(nicId));
  const disk = (vm: VmLaunch): string => vmFolders(layout, vm.id).disk;
  return {
    ...{ host, layout, driver },
    abilities: libvirtAbilities,
    other: { host: there.host, layout: there.layout, driver: there.driver },
    async launch({ device = false, deaf = false } = {}) {
      const vm = await here.launch(deaf ? 'deaf' : 'obedient');
      await there.launch();
      if (!device) return vm;
      const nicId = newIdentifier();
      await addTap(nicId);
      const port = anyPort({ nicId, vmId: vm.id, mac: '02:00:00:00:00:0a', address: '10.77.0.10' });
      return { ...vm, ports: [port], volumes: [{ id: newIdentifier(), name: 'data', image: null, size: mebibyte }] };
    },
    reopen: () => createLibvirtDriver(libvirtParts).on({ host, layout, abilities: libvirtAbilities }),
    troubles: {
      async silence() {
        await node.signal('STOP');
        return undoneBy(() => node.signal('CONT'));
      },
      async loseNetwork({ ports }) {
        for (const { nicId } of ports) await node.sh('ip link delete "$1"', tapName(nicId));
        return undoneBy(async () => {
          for (const { nicId } of ports) await addTap(nicId);
        });
      },
      breakDisk: ({ image }) => hideFile(`${layout.stateFolder}/images/${image.sha256}.raw`),
      sealDisk: (vm) => sealFile(disk(vm)),
      spoilMark: ({ id }) => spoilFile(`${vmFolders(layout, id).state}/started`),
    },
    foreign: (vm) => namesake(here, vm),
    async crash(vmId) {
      const { pid } = (await here.observed(vmId)) ?? {};
      await node.sh('kill -9 "$1"', String(pid ?? assert.fail('it does not run')));
    },
    async write(vm, value) {
      await node.sh('qemu-io -f qcow2 -c "write -q -P $1 $2 512" "$3"', String(value), place, disk(vm));
    },
    async read(vm) {
      const dump = await node.sh('qemu-io -r -f qcow2 -c "read -v $1 512" "$2"', place, disk(vm));
      return Number.parseInt(/^0[0-9a-f]*:\s+([0-9a-f]{2})/m.exec(dump)?.[1] ?? '', 16);
    },
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
    },
  };
}

/** A domain with the VM's name that an administrator made, and runs. */
async function namesake({ node }: LibvirtStage, vm: VmLaunch): Promise<Foreign> {
  const domain = `<domain type="qemu"><name>${vm.id}</name><memory>8192</memory><os><type arch="x86_64">hvm</type></os></domain>`;
  await node.sh('printf %s "$1" | virsh -q -c qemu:///system define /dev/stdin && virsh -q -c qemu:///system start "$2"', domain, vm.id);
  return {
    intact: async () => assert.equal((await node.virsh('domstate', vm.id)).trim(), 'running'),
    async [Symbol.asyncDispose]() {
      await node.virsh('destroy', vm.id);
      await node.virsh('undefine', vm.id);
    },
  };
}

hypervisorContract('libvirt', openStage);
