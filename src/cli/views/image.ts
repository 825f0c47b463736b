/** Images and flavors as text. Pure. */
import type { Flavor } from '../../model/flavor.ts';
import type { Image } from '../../model/image.ts';
import { formatSize } from '../../model/unit.ts';
import { ageInWords, sizeInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';

export function imageTable(images: readonly Image[], options: ViewOptions): string {
  if (images.length === 0)
    return 'No images. Build the small one with `croft image build-micro`, or add your own with `croft image add NAME FILE`.';
  return renderTable(
    [
      { title: 'IMAGE', least: 10 },
      { title: 'FORMAT' },
      { title: 'FILE', align: 'right' },
      { title: 'DISK', align: 'right' },
      { title: 'AGE', align: 'right' },
      { title: 'SHA256', least: 12 },
    ],
    images.map(({ name, content, createdAt }) => [
      name,
      content?.format ?? 'not fetched',
      content === null ? '' : sizeInWords(content.size),
      content === null ? '' : sizeInWords(content.virtualSize),
      ageInWords(createdAt, options.now),
      content?.sha256 ?? '',
    ]),
    options,
  );
}

export function imageAdded({ name, content }: Image): string {
  if (content === null) return `image ${name}: not fetched yet`;
  return `image ${name}: ${content.format}, a disk of ${sizeInWords(content.virtualSize)}, sha256 ${content.sha256.slice(0, 12)}`;
}

export function flavorTable(flavors: readonly Flavor[], options: ViewOptions): string {
  if (flavors.length === 0) return 'No flavors. Give cpus and memory in the slice file instead.';
  return renderTable(
    [{ title: 'FLAVOR' }, { title: 'CPUS', align: 'right' }, { title: 'MEMORY', align: 'right' }, { title: 'DISK', align: 'right' }],
    flavors.map(({ name, cpus, memory, disk }) => [name, String(cpus), formatSize(memory), disk === null ? "image's" : formatSize(disk)]),
    options,
  );
}
