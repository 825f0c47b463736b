/** Changes the sizes of a VM in a zone: its volumes grow while it does not run, everything else waits for its next start. */
import { type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import { exportZone } from '../../../tools/zonecfg.ts';
import type { Deferred, NodeReach, VmWithLaunch } from '../driver.ts';
import { zoneConfiguration } from './config.ts';
import { zonePlaces } from './names.ts';
import { readDataset } from './node.ts';
import { observeZones } from './observe.ts';
import { makeVolumes } from './prepare.ts';
import { zoneVolumes } from './volumes.ts';

/** See `NodeHypervisor.resize`. */
export async function resizeZone(node: NodeReach, vm: VmWithLaunch): Promise<Deferred> {
  const { host, layout } = node;
  const { launch } = vm;
  const places = zonePlaces(layout, vm.id);
  const dataset = await readDataset(node);
  const own = `${dataset}/vms/${vm.id}`;
  const sizes = await readSizes(host, own);
  const volumes = zoneVolumes(launch).map(({ name, size }) => ({ name, wanted: size, is: sizes.get(name) ?? 0 }));
  for (const { name, wanted, is } of volumes) {
    if (wanted !== null && wanted < is) {
      throw new CroftError('input.invalid', `the volume ${name} has ${is} bytes and cannot become smaller`, {
        hint: 'Give it at least that size.',
      });
    }
  }
  const [vms, present] = await perform(host, observeZones(layout), exportZone(places.zone));
  if (vms.find(({ id }) => id === vm.id)?.state !== 'running') {
    await makeVolumes(node, vm, dataset);
    return { atNextStart: [] };
  }
  const value = (of: typeof present, name: string) =>
    of?.find(({ kind, properties }) => kind === 'attr' && properties.name === name)?.properties.value;
  const wanted = zoneConfiguration(layout, launch, own).resources;
  const differs = (name: string): boolean => value(present, name) !== value([...wanted], name);
  return {
    atNextStart: [
      ...(differs('vcpus') ? (['cpus'] as const) : []),
      ...(differs('ram') ? (['memory'] as const) : []),
      ...(volumes.some(({ wanted: size, is }) => size !== null && size > is) ? (['disk'] as const) : []),
    ],
  };
}

/** Bytes, by the names of the VM's volumes. */
async function readSizes(host: Host, own: string): Promise<Map<string, number>> {
  const result = await run(host, { argv: ['zfs', 'list', '-H', '-p', '-o', 'name,volsize', '-t', 'volume', '-r', `${own}/head`] });
  if (result.code !== 0) throw zfsFailure(`the volumes of a VM cannot be listed on ${host.name}`, result);
  const lines = result.stdout.split('\n').map((line) => line.split('\t'));
  return new Map(lines.map(([name = '', size = '']) => [name.slice(own.length + 6), Number(size)]));
}
