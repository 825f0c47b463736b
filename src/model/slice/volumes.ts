/** Reads the volumes of a VM of a slice file. */
import type { InputIssues, InputPath } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import { formatSize, parseSize, sizeRule } from '../input/unit.ts';
import type { VolumeSpec } from '../vm/devices.ts';
import type { VolumeFile } from '../vm/volume-file.ts';
import { chooseImage, diskOf } from './image.ts';
import type { VmReading } from './reading.ts';

/** The IDE controller has four places; the seed and an ISO image that a VM is installed from have one each. */
const mostCdRoms = 2;
const leastSize = 1024 ** 2;
const mostSize = 64 * 1024 ** 4;

export function volumesOf({ vm, images, before, issues }: VmReading): VolumeSpec[] {
  const files = vm.fields.volumes ?? [];
  const path = vm.pathOf('volumes');
  const names = new Set<string>();
  let cdRoms = 0;
  return files.map((file, index) => {
    const place = [...path, index];
    if (names.has(file.name)) issues.add([...place, 'name'], `a second volume ${quoted(file.name)}: names are unique in a VM`);
    names.add(file.name);
    const image = file.image === undefined ? undefined : chooseImage(images, file.image, [...place, 'image'], issues);
    if (image?.isCdRom === true) cdRoms += 1;
    if (image?.isCdRom === true && cdRoms > mostCdRoms)
      issues.add([...place, 'image'], `a VM has at most ${mostCdRoms} volumes that are CD-ROMs: ${image.name} is an ISO image`);
    if (image?.isCdRom === true && file.size !== undefined)
      issues.add([...place, 'size'], `${image.name} is an ISO image: a CD-ROM has no size`);
    if (file.image === undefined && file.size === undefined) issues.add(place, 'a volume has a size, or an image, or both');
    const asked = sizeOf(file, place, issues) ?? null;
    const usual = image?.size?.disk ?? null;
    const former = before?.volumes.find(({ name }) => name === file.name);
    const made = former !== undefined && former.image === (image?.name ?? null) && former.size === (asked ?? usual);
    return {
      name: file.name,
      image: image?.name ?? null,
      size: diskOf({ asked, usual, made }, image, [...place, 'size'], issues),
    };
  });
}

/** Bytes; undefined where none are given, or the value is no size. */
function sizeOf({ size }: VolumeFile, place: InputPath, issues: InputIssues): number | undefined {
  if (size === undefined) return undefined;
  const bytes = parseSize(size);
  if (bytes === null) issues.add([...place, 'size'], sizeRule);
  else if (bytes < leastSize || bytes > mostSize)
    issues.add([...place, 'size'], `${size} is not between ${formatSize(leastSize)} and ${formatSize(mostSize)}`);
  return bytes ?? undefined;
}
