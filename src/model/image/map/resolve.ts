/** Resolves a label to an image and a size. */
import { CroftError } from '../../error.ts';
import { inputError, unknownName } from '../../input/issues.ts';
import { quoted } from '../../input/quote.ts';
import { circleInWords, isImage, labelNames, nextAlias, targetOf } from './follow.ts';
import type { ImageMap, ImageSize } from './image-map.ts';
import { type Label, labelRule, parseLabel } from './label.ts';

/** `size` null: the image's own defaults apply. */
export interface ResolvedLabel {
  image: string;
  size: ImageSize | null;
}

/**
 * `label` is NAME or NAME:SIZE; null is the map's default label. Aliases are followed to an image of the map or of `knownImages`; of the
 * sizes on the way the first counts. Throws `input.invalid` with near names where that leads nowhere.
 */
export function resolveLabel(map: ImageMap, label: string | null, knownImages: ReadonlySet<string>): ResolvedLabel {
  const text = label ?? map.defaultLabel?.label;
  if (text === undefined) {
    throw new CroftError('input.invalid', 'No label is given, and the image map has no default_label', {
      hint: 'Give a label, or set default_label in the image map.',
    });
  }
  const subject = label === null ? `The default label ${quoted(text)}` : `The label ${quoted(text)}`;
  const parsed = parseLabel(text);
  if (parsed === null) throw wrong(subject, labelRule);
  const { name, size } = follow(map, parsed, subject);
  if (!isImage(map, name, knownImages)) {
    const stands = name === parsed.name ? '' : `it stands for ${quoted(name)}: `;
    throw wrong(subject, `${stands}${unknownName('image or alias', name, namesBut(name, labelNames(map, knownImages)))}`);
  }
  if (size === null) return { image: name, size: null };
  const found = map.sizes.get(size);
  if (found === undefined) throw wrong(subject, unknownName('size', size, [...map.sizes.keys()]));
  return { image: name, size: found };
}

/** An alias that names itself is no useful suggestion. */
function namesBut(name: string, names: readonly string[]): string[] {
  return names.filter((other) => other !== name);
}

/** The end of the chain of aliases, with the first size on the way. */
function follow(map: ImageMap, label: Label, subject: string): Label {
  const seen = new Set<string>();
  let { name, size } = label;
  for (let target = targetOf(map, name); target !== null; target = targetOf(map, name)) {
    if (seen.has(name)) throw wrong(subject, `its alias goes round in a circle: ${circleInWords(map, name)}`);
    seen.add(name);
    size ??= target.size;
    if (nextAlias(map, name) === null) return { name: target.name, size };
    name = target.name;
  }
  return { name, size };
}

function wrong(subject: string, message: string): CroftError {
  return inputError('input.invalid', subject, [{ path: '', message }], 1);
}
