/** Slices and plans as text. Pure. */
import type { PlanAnswer } from '../../model/operations.ts';
import type { SliceSummary, SliceView } from '../../model/slice-view.ts';
import { renderFields } from '../output/fields.ts';
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

function placeInWords({ vm, node, reason }: PlanAnswer['places'][number], paint: Paint): string {
  return node === null ? `${vm} ${paint('pending', 'busy')}: ${reason}` : `${vm} → ${node}`;
}

const tones: Readonly<Record<string, Tone>> = { '+': 'good', '~': 'busy', '-': 'bad' };

/** The lines of a plan, coloured by what they do, how many there are, and where new VMs would go. */
export function planText({ slice, lines, places }: Pick<PlanAnswer, 'slice' | 'lines' | 'places'>, paint: Paint): string {
  if (lines.length === 0) return `slice ${slice} is as the file says`;
  return [
    `slice ${slice}: ${counted(lines.length, 'change')}`,
    ...lines.map((line) => `  ${paint(line, tones[line[0] ?? ''] ?? null)}`),
    ...(places.length === 0 ? [] : ['as things are now:', ...places.map((place) => `  ${placeInWords(place, paint)}`)]),
  ].join('\n');
}
