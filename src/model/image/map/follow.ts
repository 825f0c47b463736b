/** Follows aliases one step at a time: chains of any length, without recursion. */
import { quoted } from '../../input/quote.ts';
import type { ImageMap } from './image-map.ts';
import { type Label, parseLabel } from './label.ts';

/** The target of the alias; null where the name is no alias. */
export function targetOf(map: ImageMap, name: string): Label | null {
  const alias = map.aliases.get(name);
  return alias === undefined ? null : parseLabel(alias.label);
}

/** The next alias; null at the end. An alias that names itself refers to the image that it hides: `ubuntu: ubuntu:large`. */
export function nextAlias(map: ImageMap, name: string): string | null {
  const target = targetOf(map, name);
  return target !== null && target.name !== name && map.aliases.has(target.name) ? target.name : null;
}

/** The image at the end of each alias, found in time in proportion to their number. Aliases must have no circles. */
export function imagesOfAliases(map: ImageMap): Map<string, string> {
  const found = new Map<string, string>();
  for (const start of map.aliases.keys()) {
    const passed: string[] = [];
    let end = start;
    for (let name: string | null = start; name !== null && !found.has(name); name = nextAlias(map, name)) {
      passed.push(name);
      end = targetOf(map, name)?.name ?? name;
    }
    const image = found.get(end) ?? end;
    for (const name of passed) found.set(name, image);
  }
  return found;
}

export function isImage(map: ImageMap, name: string, knownImages: ReadonlySet<string>): boolean {
  return map.images.has(name) || knownImages.has(name);
}

/** Every name that a label may have. */
export function labelNames(map: ImageMap, knownImages: ReadonlySet<string>): string[] {
  return [...new Set([...map.aliases.keys(), ...map.images.keys(), ...knownImages])];
}

/** `a → b → c → … → a (10000 aliases)`, for the circle that the alias `start` is part of. */
export function circleInWords(map: ImageMap, start: string): string {
  const shown: string[] = [start];
  let count = 1;
  for (let name = nextAlias(map, start); name !== null && name !== start; name = nextAlias(map, name)) {
    count += 1;
    if (count <= 3) shown.push(name);
  }
  const rest = count > shown.length ? [' → … → ', ` (${count} aliases)`] : [' → ', ''];
  return `${shown.map(quoted).join(' → ')}${rest[0]}${quoted(start)}${rest[1]}`;
}
