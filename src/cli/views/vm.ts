/** VMs as text. Pure. */

import { formatSize } from '../../model/input/unit.ts';
import { specificationRows } from '../../model/vm/fields.ts';
import type { VmView } from '../../model/vm/view.ts';
import { renderFields } from '../output/fields.ts';
import { toneOf } from '../output/paint.ts';
import { ageInWords, timeInWords } from '../output/quantity.ts';
import { type Cell, type Column, renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';

/** `pending` where the VM waits for a node; otherwise the observed state. */
export function vmState(vm: VmView): string {
  if (vm.desired === 'absent') return 'removing';
  return vm.node === null && vm.desired === 'running' ? 'pending' : vm.state;
}

export function stateCell(state: string): Cell {
  return { text: state, tone: toneOf(state) };
}

const columns: readonly Column[] = [
  { title: 'VM', least: 12 },
  { title: 'STATE' },
  { title: 'NODE', least: 8 },
  { title: 'ADDRESSES', least: 15 },
  { title: 'IMAGE', minor: true, least: 8 },
  { title: 'CPUS', align: 'right', minor: true },
  { title: 'MEMORY', align: 'right', minor: true },
  { title: 'UP', align: 'right', minor: true },
  // A reason that is cut to a few words is useless: the minor columns are dropped before that.
  { title: 'REASON', least: 36 },
];

export function vmTable(vms: readonly VmView[], options: ViewOptions): string {
  if (vms.length === 0) return 'No VMs. `croft slice apply -f FILE` makes those of a slice file; examples/hello.yaml is one.';
  const reasons = vms.some(({ reason, stayReason, step }) => reason !== null || stayReason !== null || step !== null);
  return renderTable(
    reasons ? columns : columns.slice(0, -1),
    vms.map((vm) => [
      `${vm.slice}/${vm.name}`,
      stateCell(vmState(vm)),
      nodeInWords(vm),
      vm.nics.map(({ address }) => address).join(' ') || '-',
      vm.image,
      String(vm.cpus),
      formatSize(vm.memory),
      ageInWords(vm.state === 'running' ? vm.startedAt : null, options.now),
      vm.reason ?? vm.stayReason ?? (vm.step === null ? '' : `${vm.step} …`),
    ]),
    options,
  );
}

/** Its node, and the target of its move. */
export function nodeInWords({ node, movingTo }: VmView): string {
  return movingTo === null ? (node ?? '-') : `${node} → ${movingTo}`;
}

export function vmDetails(vm: VmView, options: ViewOptions): string {
  const fields = renderFields(
    [
      ['VM', `${vm.slice}/${vm.name}`],
      ['state', stateCell(vmState(vm))],
      ['wanted', vm.desired],
      ['reason', vm.reason],
      ['step', vm.step],
      ['node', vm.node === null ? null : nodeInWords(vm)],
      ['stays', vm.stayReason],
      ...specificationRows(vm),
      ['addressed', vm.addressed ? 'yes: every NIC with DHCP has its lease' : 'no'],
      ['restart', vm.restarts === 0 ? vm.restart : `${vm.restart}; restarted ${vm.restarts} ${vm.restarts === 1 ? 'time' : 'times'}`],
      ['failed', vm.failures === 0 ? null : `${vm.failures} ${vm.failures === 1 ? 'time' : 'times'} in a row`],
      ['next try', timeInWords(vm.retryAt)],
      ['started', timeInWords(vm.startedAt)],
      ['made', timeInWords(vm.createdAt)],
      ['id', vm.id],
    ],
    options,
  );
  if (vm.nics.length === 0) return fields;
  const nics = renderTable(
    [{ title: 'NIC' }, { title: 'NETWORK', least: 8 }, { title: 'ADDRESS' }, { title: 'MAC' }, { title: 'MODEL', minor: true }],
    vm.nics.map(({ name, network, address, mac, model }) => [name, network, address, mac, model]),
    options,
  );
  return `${fields}\n\n${nics}`;
}
