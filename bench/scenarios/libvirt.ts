/** From the request to start a VM through the libvirt driver until its guest's first line, against `virsh create` of the same domain. */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vmFolders } from '../../src/drivers/hypervisor/identity.ts';
import { mebibyte } from '../../src/model/flavor.ts';
import type { VmLaunch } from '../../src/model/node-plan.ts';
import { type LibvirtStage, libvirtAbilities, openLibvirtStage } from '../../test/e2e/libvirt-stage.ts';
import { until } from '../../test/lab/until.ts';
import type { Figure } from '../figure.ts';
import type { Guest, Stage } from '../stage.ts';

const repetitions = 7;
/** ms in which a guest speaks, also on a busy machine. */
const bootTime = 60_000;
const label = 'bench/vm';

export async function measureLibvirt(stage: Stage, say: (line: string) => void): Promise<Figure[]> {
  const [host] = stage.lab.hosts;
  const content = (guest: Guest) => readFile(join(stage.lab.folder, host?.name ?? '', 'disk', stage.imageOf(guest)));
  await using node = await openLibvirtStage();
  return [await compare(node, 'micro', await content('micro'), say), await compare(node, 'sector', await content('sector'), say)];
}

async function compare(node: LibvirtStage, guest: Guest, image: Buffer, say: (line: string) => void): Promise<Figure> {
  const { driver, host, layout } = node;
  const sha256 = createHash('sha256').update(image).digest('hex');
  await node.putImage(image, sha256);
  const changes = { memory: 128 * mebibyte, image: { id: guest, sha256, format: 'raw', size: image.length } } as const;
  const vm = await node.launch('obedient', changes);
  await driver.prepare(host, layout, vm, label);
  await start(node, vm);
  const domain = await node.node.virsh('dumpxml', '--inactive', vm.id);
  await driver.kill(host, layout, vm.id);
  const [croft, byHand]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const byCroft = await timed(node, vm, () => start(node, vm));
    await driver.kill(host, layout, vm.id);
    await node.node.virsh('undefine', vm.id);
    const alternative = await timed(node, vm, () => node.node.sh('printf %s "$1" | virsh -q -c qemu:///system create /dev/stdin', domain));
    await node.node.virsh('destroy', vm.id);
    croft.push(byCroft);
    byHand.push(alternative);
    say(`libvirt ${guest}: ${byCroft.toFixed(0)} ms, virsh create ${alternative.toFixed(0)} ms`);
  }
  await driver.destroy(host, layout, vm.id);
  return {
    scenario: 'libvirt',
    unit: 'ms',
    measured: { name: `start by the libvirt driver to the first line of guest ${guest}`, samples: croft },
    alternative: { name: '`virsh create` of the same domain', samples: byHand },
    target: guest === 'micro' ? { kind: 'ratio at most', limit: 1.1 } : null,
  };
}

async function start({ driver, host, layout }: LibvirtStage, vm: VmLaunch): Promise<void> {
  await driver.start(host, layout, libvirtAbilities, vm, label);
}

/** ms from the call until the console has a whole line more. */
async function timed({ layout }: LibvirtStage, vm: VmLaunch, work: () => Promise<unknown>): Promise<number> {
  await using console = await open(vmFolders(layout, vm.id).consoleLog);
  const { size } = await console.stat();
  const begun = performance.now();
  const spoken = until(
    'the guest speaks',
    async () => {
      const { buffer, bytesRead } = await console.read({ buffer: Buffer.alloc(4096), position: size });
      return buffer.subarray(0, bytesRead).includes('\n') ? performance.now() : undefined;
    },
    bootTime,
  );
  const [end] = await Promise.all([spoken, work()]);
  return end - begun;
}
