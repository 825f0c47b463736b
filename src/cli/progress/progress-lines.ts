/** The live display of a slice's task: a line per VM. Pure. */
import type { VmView } from '../../model/vm/view.ts';
import { durationInWords } from '../output/quantity.ts';
import { type Column, renderTable } from '../output/table.ts';
import type { ViewOptions } from '../views/view.ts';
import { nodeInWords, stateCell, vmState } from '../views/vm.ts';

/** A VM with its duration; `endedAt` is null while work is left to do. Times as of `ViewOptions.now`. */
export interface VmProgress {
  vm: VmView;
  beganAt: number;
  endedAt: number | null;
  removed: boolean;
}

const columns: readonly Column[] = [
  { title: 'VM', least: 8 },
  { title: 'NODE', least: 6 },
  { title: 'STATE' },
  { title: 'STEP', least: 8 },
  { title: 'TIME', align: 'right' },
  { title: 'REASON', least: 12 },
];

/** At most `height` lines; of more VMs those with a step in progress are shown first. */
export function progressLines(progress: readonly VmProgress[], { height, ...options }: ViewOptions & { height: number }): string[] {
  const room = Math.max(1, height - 2);
  const shown = progress.length <= room ? progress : [...progress].sort((a, b) => Number(a.endedAt !== null) - Number(b.endedAt !== null));
  const reasons = shown.some(({ vm }) => vm.reason !== null || vm.stayReason !== null);
  const slices = new Set(progress.map(({ vm }) => vm.slice));
  const table = renderTable(
    reasons ? columns : columns.slice(0, -1),
    shown
      .slice(0, room)
      .map(({ vm, beganAt, endedAt, removed }) => [
        slices.size > 1 ? `${vm.slice}/${vm.name}` : vm.name,
        nodeInWords(vm),
        stateCell(removed ? 'removed' : vmState(vm)),
        removed ? '' : (vm.step ?? ''),
        durationInWords((endedAt ?? options.now) - beganAt),
        vm.reason ?? vm.stayReason ?? '',
      ]),
    options,
  );
  const lines = table.split('\n');
  if (progress.length > room) lines.push(`… and ${progress.length - room} more`);
  return lines;
}

/** No work is left to do for it, according to its observation. */
export function isSettled(vm: VmView): boolean {
  if (vm.desired === 'absent' || vm.step !== null) return false;
  if (vm.desired === 'stopped') return vm.node === null || vm.state === 'stopped' || vm.state === 'none';
  return vm.state === 'running' && vm.reason === null;
}
