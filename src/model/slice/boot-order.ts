/** Reads the boot order of a VM of a slice file. */
import { unknownName } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import type { VmReading } from './reading.ts';

/** As it was written; null where it was not. */
export function bootOrderOf({ vm, image, issues }: VmReading): string[] | null {
  const { bootOrder } = vm.fields;
  if (bootOrder === undefined) return null;
  const volumes = (vm.fields.volumes ?? []).map(({ name }) => name);
  const nics = vm.nics.map((_, index) => `eth${index}`);
  const known = ['disk', ...(image?.isCdRom === true ? ['cdrom'] : []), ...(nics.length > 0 ? ['nic'] : []), ...nics, ...volumes];
  const named = new Map<string, string>();
  for (const [index, name] of bootOrder.entries()) {
    const path = [...vm.pathOf('bootOrder'), index];
    const device = name === 'nic' ? 'eth0' : name;
    const before = named.get(device);
    if (!known.includes(name)) issues.add(path, unknownName('boot device', name, known));
    else if (known.indexOf(name) !== known.lastIndexOf(name)) issues.add(path, `${quoted(name)} is also the name of a volume: rename that`);
    else if (before !== undefined)
      issues.add(path, `${quoted(name)} is named twice${before === name ? '' : `: it is ${quoted(before)}, too`}`);
    named.set(device, name);
  }
  return bootOrder;
}
