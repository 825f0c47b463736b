/** Images and flavors as text. Pure. */

import type { ImageTraits } from '../../model/image/definition.ts';
import type { Image } from '../../model/image/image.ts';
import type { CatalogueEntry } from '../../model/image/requests.ts';
import type { ImageCheck, ImageCollection, ImageView, PullView } from '../../model/image/view.ts';
import { formatSize } from '../../model/input/unit.ts';
import type { Flavor } from '../../model/vm/flavor.ts';
import { renderFields } from '../output/fields.ts';
import { ageInWords, counted, sizeInWords, timeInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';

export function imageTable(images: readonly ImageView[], options: ViewOptions): string {
  if (images.length === 0) {
    return 'No images. Fetch one of `croft image catalogue` with `croft image pull NAME`, or build the small one with `croft image build-micro`.';
  }
  return renderTable(
    [
      { title: 'IMAGE', least: 10 },
      { title: 'STATE', least: 8 },
      { title: 'FORMAT' },
      { title: 'FILE', align: 'right' },
      { title: 'DISK', align: 'right' },
      { title: 'VMS', align: 'right' },
      { title: 'NODES', align: 'right' },
      { title: 'AGE', align: 'right', minor: true },
      { title: 'SHA256', least: 12, minor: true },
    ],
    images.map((image) => [
      image.name,
      stateOf(image),
      image.content?.format ?? '-',
      image.content === null ? '-' : sizeInWords(image.content.size),
      image.content === null ? '-' : sizeInWords(image.content.virtualSize),
      String(image.vms),
      String(image.nodes.length),
      ageInWords(image.createdAt, options.now),
      image.content?.sha256 ?? '-',
    ]),
    options,
  );
}

/** Whether the image is present, and the state of its fetch. */
function stateOf({ content, pull }: ImageView): string {
  if (pull === null) return content === null ? 'not fetched' : 'ready';
  return content === null ? pullWords(pull) : `ready, ${pullWords(pull)}`;
}

function pullWords({ progress, reason }: PullView): string {
  if (progress === null) return reason === null ? 'waiting' : 'failed';
  if (progress.phase === 'convert') return 'converting';
  return progress.total === null ? 'fetching' : `fetching ${Math.floor((progress.received / Math.max(1, progress.total)) * 100)} %`;
}

export function imageDetails(image: ImageView, options: ViewOptions): string {
  const { name, content, traits, origin, pull } = image;
  return renderFields(
    [
      ['image', name],
      ['state', stateOf(image)],
      ['reason', pull?.reason ?? null],
      ['next try', timeInWords(pull?.retryAt ?? null)],
      ['sha256', content?.sha256 ?? null],
      ['file', content === null ? null : `${sizeInWords(content.size)}, ${content.format}`],
      ['disk', content === null ? null : sizeInWords(content.virtualSize)],
      ['needs', needsOf(traits)],
      ['defaults', defaultsOf(traits)],
      ['seed', traits.nocloud ? 'NoCloud' : 'none is read'],
      ['from', origin],
      ['VMs', image.vmsOfEarlier === 0 ? String(image.vms) : `${image.vms}, ${image.vmsOfEarlier} of them from what it was before`],
      ['on nodes', image.nodes.join(', ') || 'none'],
      ['kept on', image.prepull.map(targetInWords).join(', ') || 'nodes whose VMs need it'],
      ['since', timeInWords(image.createdAt)],
    ],
    options,
  );
}

function needsOf({ architecture, firmware, backend }: ImageTraits): string {
  return [architecture, firmware.toUpperCase(), ...(backend === null ? [] : [backend])].join(', ');
}

function defaultsOf({ cpus, memory, disk }: ImageTraits): string | null {
  const words = [
    ...(cpus === null ? [] : [counted(cpus, 'CPU')]),
    ...(memory === null ? [] : [`${formatSize(memory)} of memory`]),
    ...(disk === null ? [] : [`${formatSize(disk)} of disk`]),
  ];
  return words.length === 0 ? null : words.join(', ');
}

export function imageAdded({ name, content }: Image): string {
  if (content === null) return `image ${name} is asked for; \`croft image show ${name}\` tells how that goes`;
  const { format, virtualSize, sha256 } = content;
  return `image ${name}: ${format}, ${format === 'iso' ? 'a CD-ROM' : 'a disk'} of ${sizeInWords(virtualSize)}, sha256 ${sha256.slice(0, 12)}`;
}

export function keptWords({ name, prepull }: Image): string {
  return prepull.length === 0
    ? `image ${name} is kept where VMs need it`
    : `image ${name} is kept in advance on ${prepull.map(targetInWords).join(', ')}`;
}

function targetInWords(target: string): string {
  return target === 'all' ? 'all nodes' : target;
}

export function catalogueTable(entries: readonly CatalogueEntry[], options: ViewOptions): string {
  return renderTable(
    [
      { title: 'IMAGE' },
      { title: 'NEEDS' },
      { title: 'FETCHED' },
      { title: 'ALSO CALLED', least: 12 },
      { title: 'FROM', least: 32, minor: true },
    ],
    entries.map(({ name, aliases, traits, sources, fetched }) => [
      name,
      needsOf(traits),
      fetched ? 'yes' : '-',
      aliases.join(', '),
      sources[0] ?? '',
    ]),
    options,
  );
}

export function checkTable(checks: readonly ImageCheck[], options: ViewOptions): string {
  return renderTable(
    [{ title: 'WHERE' }, { title: 'FOUND' }, { title: 'MESSAGE', least: 16 }],
    checks.map(({ node, outcome, message }) => [node ?? 'controller', outcome, message ?? '']),
    options,
  );
}

export function collectionText(collections: readonly ImageCollection[], dryRun: boolean): string {
  const verb = dryRun ? 'would be removed' : 'removed';
  const lines = collections.map(({ node, images, bytes, failure }) => {
    const place = node ?? 'controller';
    return failure === null ? `${place}: ${counted(images.length, 'image')} ${verb}, ${sizeInWords(bytes)}` : `${place}: ${failure}`;
  });
  return lines.join('\n');
}

export function flavorTable(flavors: readonly Flavor[], options: ViewOptions): string {
  if (flavors.length === 0) return 'No flavors. Give cpus and memory in the slice file instead.';
  return renderTable(
    [{ title: 'FLAVOR' }, { title: 'CPUS', align: 'right' }, { title: 'MEMORY', align: 'right' }, { title: 'DISK', align: 'right' }],
    flavors.map(({ name, cpus, memory, disk }) => [name, String(cpus), formatSize(memory), disk === null ? "image's" : formatSize(disk)]),
    options,
  );
}
