/** Slices and plans as text. Pure. */
import type { PlanAnswer } from '../../model/operations.ts';
import type { SliceSummary, SliceView } from '../../model/slice/view.ts';
import { renderFields, wrapText } from '../output/fields.ts';
import type { Paint, Tone } from '../output/paint.ts';
import { ageInWords, counted, timeInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';
import { stateCell, vmTable } from './vm.ts';

export function sliceTable(slices: readonly SliceSummary[], options: ViewOptions): string {
  if (slices.length === 0) return 'No slices. Deploy one with `croft slice apply -f FILE`; examples/hello.yaml is a small one.';
  return renderTable(
    [
      { title: 'SLICE', least: 12 },
      { title: 'WANTED' },
      { title: 'VMS' },
      { title: 'NETWORKS', align: 'right', minor: true },
      { title: 'ROUTER', least: 8 },
      { title: 'AGE', align: 'right', minor: true },
    ],
    slices.map((slice) => [
      slice.name,
      stateCell(slice.desired === 'absent' ? 'removing' : slice.desired),
      { text: countsInWords(slice.vms), tone: toneOfCounts(slice.vms) },
      String(slice.networks),
      slice.router === null ? '-' : (slice.router.node ?? `none: ${slice.router.reason ?? 'not placed yet'}`),
      ageInWords(slice.createdAt, options.now),
    ]),
    options,
  );
}

type Counts = SliceSummary['vms'];

function countsInWords({ total, running, failed, pending }: Counts): string {
  const faults = [failed > 0 && `${failed} failed`, pending > 0 && `${pending} pending`].filter((part) => part !== false);
  return [`${running} of ${total} running`, ...faults].join(', ');
}

function toneOfCounts({ total, running, failed, pending }: Counts): Tone | null {
  if (failed > 0) return 'bad';
  if (pending > 0) return 'busy';
  return total > 0 && running === total ? 'good' : null;
}

export function sliceDetails(slice: SliceView, options: ViewOptions): string {
  const { router } = slice;
  const fields = renderFields(
    [
      ['slice', slice.name],
      ['wanted', stateCell(slice.desired)],
      ['generation', String(slice.generation)],
      [
        'router',
        router === null ? null : router.node === null ? `on no node: ${router.reason ?? 'not placed yet'}` : `on node ${router.node}`,
      ],
      ['made', timeInWords(slice.createdAt)],
      ['id', slice.id],
    ],
    options,
  );
  const networks = renderTable(
    [
      { title: 'NETWORK', least: 8 },
      { title: 'SUBNET' },
      { title: 'GATEWAY' },
      { title: 'VLAN', align: 'right' },
      { title: 'KIND', least: 8 },
    ],
    slice.networks.map(({ name, cidr, gateway, segment, internet, dhcp, link }) => [
      name,
      cidr,
      gateway,
      String(segment),
      [link && 'link', internet && 'internet', dhcp && 'dhcp'].filter((part) => part !== false).join(', '),
    ]),
    options,
  );
  return [fields, slice.networks.length === 0 ? null : networks, vmTable(slice.vms, options)].filter((part) => part !== null).join('\n\n');
}

/** VMs that would wait come last, with their number. */
function placesInWords(places: PlanAnswer['places'], { width, paint }: PlanViewOptions): string[] {
  const waiting = places.filter(({ node }) => node === null);
  const placed = places.flatMap(({ vm, node }) => (node === null ? [] : [`  ${vm} → ${node}`]));
  const told = waiting.flatMap(({ vm, reason }) => {
    const [first = '', ...others] = wrapText(`${vm} pending: ${reason}`, width - 4);
    return [`  ${first.replace('pending', paint('pending', 'busy'))}`, ...others.map((line) => `    ${line}`)];
  });
  const count = waiting.length === 0 ? '' : `, ${waiting.length} of ${counted(places.length, 'new VM')} would wait`;
  return places.length === 0 ? [] : [`as things are now${count}:`, ...placed, ...told];
}

const tones: Readonly<Record<string, Tone>> = { '+': 'good', '~': 'busy', '-': 'bad' };

export interface PlanViewOptions {
  width: number;
  paint: Paint;
}

/** The lines of a plan, coloured by their action, their number, the places of new VMs, and why the plan would be refused. */
export function planText(
  { slice, lines, places, refusals }: Pick<PlanAnswer, 'slice' | 'lines' | 'places' | 'refusals'>,
  options: PlanViewOptions,
): string {
  const { width, paint } = options;
  if (lines.length === 0) return `slice ${slice} is as the file says`;
  return [
    `slice ${slice}: ${counted(lines.length, 'change')}`,
    ...lines.map((line) => `  ${paint(line, tones[line[0] ?? ''] ?? null)}`),
    ...placesInWords(places, options),
    ...refusals.flatMap((refusal) => wrapText(`${paint('refused', 'bad')} as things are now: ${refusal}`, width)),
  ].join('\n');
}
