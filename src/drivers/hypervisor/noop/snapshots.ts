/** Snapshots and sizes of the noop driver's VMs. */
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { Capability, Deferred, NodeHypervisor, NodeLayout } from '../driver.ts';
import { withDiskSizes } from '../vm-folder/launch-parts.ts';
import { memoryOfAnother, otherParts, partsOf, type VmParts } from '../vm-folder/parts.ts';
import type { NoopActs } from './acts.ts';
import { adopt, diskSize, type NoopVm, type NoopWorld, nodeOf, run, runs, show } from './world.ts';

type Snapshots = Pick<NodeHypervisor, 'resize' | 'snapshot' | 'revert' | 'removeSnapshot' | 'snapshots'>;

export function noopSnapshots(world: NoopWorld, acts: NoopActs, layout: NodeLayout, now: () => number): Snapshots {
  return {
    async resize({ launch, ...reference }) {
      return await acts.act({ operation: 'resize', vm: reference }, () => {
        const vm = acts.prepared(layout, reference);
        refuseSmaller(vm, diskSize(launch));
        const atNextStart = runs(vm) ? later(vm, launch, (capability) => acts.can(capability)) : [];
        if (!atNextStart.includes('disk')) vm.size = diskSize(launch);
        if (runs(vm)) adopt(vm, (running) => resized(running, launch, atNextStart));
        return { atNextStart };
      });
    },
    async snapshot({ launch, ...reference }, name, memory) {
      acts.demand(memory ? 'memory-snapshot' : 'snapshot');
      await acts.act({ operation: 'snapshot', vm: reference }, () => {
        const vm = memory ? acts.running(layout, reference) : acts.prepared(layout, reference);
        if (vm.snapshots.some((one) => one.name === name)) {
          throw new CroftError('conflict.exists', `VM ${vm.label} has a snapshot "${name}" already`, { hint: 'Take another name.' });
        }
        vm.snapshots.push({ name, memory, at: now(), disk: vm.disk, size: vm.size, parts: memory ? partsOf(vm.launch) : null });
      });
    },
    async revert({ launch, ...reference }, name) {
      acts.demand('snapshot');
      // Its guest is ended before its disk is restored.
      const half = (): void => {
        const vm = acts.find(layout, launch.id);
        if (runs(vm)) show(vm, { state: 'stopped' });
      };
      await acts.act({ operation: 'revert', vm: reference, half }, () => {
        const vm = acts.prepared(layout, reference);
        const snapshot = vm.snapshots.find((one) => one.name === name);
        if (snapshot === undefined) throw new CroftError('not-found', `VM ${vm.label} has no snapshot "${name}"`);
        const ran = runs(vm);
        const launchWithMemory = snapshot.parts === null ? vm.launch : fitting(vm, launch, name, snapshot.parts);
        const size = Math.max(snapshot.size, diskSize(launch));
        Object.assign(vm, { disk: snapshot.disk, size, launch: launchWithMemory });
        if (snapshot.memory) run(world, vm, now());
        else if (ran) show(vm, { state: 'stopped' });
        if (ran !== snapshot.memory) acts.tell(layout, launch.id, snapshot.memory ? 'started' : 'stopped');
      });
    },
    async removeSnapshot(reference, name) {
      acts.demand('snapshot');
      // The snapshot is removed from the first disk first, and from then on it is no snapshot.
      const remove = (): void => {
        const vm = acts.find(layout, reference.id);
        if (vm !== undefined) vm.snapshots = vm.snapshots.filter((one) => one.name !== name);
      };
      await acts.act({ operation: 'removeSnapshot', vm: reference, half: remove }, remove);
    },
    snapshots: ({ id }) =>
      acts.call('snapshots', layout, () =>
        (nodeOf(world, layout).vms.get(id)?.snapshots ?? []).map(({ name, memory, at }) => ({ name, memory, at })),
      ),
  };
}

/**
 * The launch that the VM runs from with that memory: the present one where it has the same parts, otherwise the wanted one. Throws
 * `conflict.changed`.
 */
function fitting(vm: NoopVm, wanted: VmLaunch, name: string, parts: VmParts): VmLaunch {
  if (runs(vm) && otherParts(parts, partsOf(vm.launch)).length === 0) return vm.launch;
  const differences = otherParts(parts, partsOf(wanted));
  if (differences.length > 0) throw memoryOfAnother(name, differences);
  return wanted;
}

function refuseSmaller(vm: NoopVm, size: number): void {
  if (size >= vm.size) return;
  throw new CroftError('input.invalid', `the disk of VM ${vm.label} has ${vm.size} bytes and cannot become smaller`, {
    hint: 'Ask for at least its present size.',
  });
}

function later(vm: NoopVm, launch: VmLaunch, can: (capability: Capability) => boolean): Deferred['atNextStart'] {
  const sizes = can('live-size') ? [] : (['cpus', 'memory'] as const).filter((part) => launch[part] !== vm.launch[part]);
  return [...sizes, ...(diskSize(launch) !== vm.size && !can('live-disk') ? (['disk'] as const) : [])];
}

function resized(running: VmLaunch, wanted: VmLaunch, atNextStart: Deferred['atNextStart']): VmLaunch {
  const grown = atNextStart.includes('disk') ? running : withDiskSizes(running, wanted);
  const of = (part: 'cpus' | 'memory'): number => (atNextStart.includes(part) ? running : wanted)[part];
  return { ...grown, cpus: of('cpus'), memory: of('memory') };
}
