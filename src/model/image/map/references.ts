/** Checks that every alias and the default label lead to an image, and that every size that they name exists. */
import { type InputIssues, type InputPath, unknownName } from '../../input/issues.ts';
import { quoted } from '../../input/quote.ts';
import { circleInWords, isImage, labelNames, nextAlias } from './follow.ts';
import type { ImageMap, Reference } from './image-map.ts';
import { parseLabel } from './label.ts';

/** The number of names that may be compared in all for suggestions; that is half a second. */
const mostCompared = 100_000;

interface Wrong {
  path: InputPath;
  reference: Reference;
  message: string;
}

/** References to one of these are no errors, though the merged maps do not contain it. */
export interface KnownNames {
  /** Further images, such as those in the store. */
  images: ReadonlySet<string>;
  sizes: ReadonlySet<string>;
}

/**
 * Every reference of `map`, which is all maps merged, that leads nowhere, each reported with its own file. Takes time in proportion to
 * the number of aliases.
 */
export function checkReferences(map: ImageMap, known: KnownNames, issues: InputIssues): void {
  for (const { path, reference, message } of [...circles(map), ...dangling(map, known)]) issues.add(path, message, reference.place);
}

/** Each circle once, at the first of its aliases that is reached. */
function circles(map: ImageMap): Wrong[] {
  const found: Wrong[] = [];
  const walkOf = new Map<string, string>();
  for (const start of map.aliases.keys()) {
    let name: string | null = start;
    while (name !== null && !walkOf.has(name)) {
      walkOf.set(name, start);
      name = nextAlias(map, name);
    }
    // Where this walk returns to an alias of its own, a circle is closed; a circle of an earlier walk was reported then.
    const reference = name === null || walkOf.get(name) !== start ? undefined : map.aliases.get(name);
    if (name === null || reference === undefined) continue;
    found.push({ path: ['aliases', name], reference, message: `goes round in a circle: ${circleInWords(map, name)}` });
  }
  return found;
}

/** References whose very next step leads nowhere. */
function dangling(map: ImageMap, known: KnownNames): Wrong[] {
  const names = labelNames(map, known.images);
  const sizes = [...new Set([...map.sizes.keys(), ...known.sizes])];
  const isSize = new Set(sizes);
  const found: Wrong[] = [];
  const unknown = (kind: string, wrong: string, candidates: readonly string[], hidden: string | null): string => {
    if (found.length * candidates.length >= mostCompared) return `unknown ${kind} ${quoted(wrong)}`;
    const others = candidates.filter((name) => name !== hidden);
    return unknownName(kind, wrong, others);
  };
  const check = (path: InputPath, reference: Reference, hidden: string | null): void => {
    const target = parseLabel(reference.label);
    const leads = target !== null && ((map.aliases.has(target.name) && target.name !== hidden) || isImage(map, target.name, known.images));
    if (!leads) {
      found.push({ path, reference, message: unknown('image or alias', target?.name ?? reference.label, names, hidden) });
    }
    const size = target?.size ?? null;
    if (size !== null && !isSize.has(size)) found.push({ path, reference, message: unknown('size', size, sizes, null) });
  };
  if (map.defaultLabel !== null) check(['default_label'], map.defaultLabel, null);
  for (const [name, reference] of map.aliases) check(['aliases', name], reference, name);
  return found;
}
