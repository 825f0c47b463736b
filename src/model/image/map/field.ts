/** Kinds of fields that both forms of an image map share, each with its own words for errors. */
import { z } from 'zod';
import { unknownName } from '../../input/issues.ts';
import { quoted } from '../../input/quote.ts';
import { formatSize, parseSize, sizeRule } from '../../input/unit.ts';

/** A schema made of a function that returns the value, or the words of an error. */
export function field<T>(read: (value: unknown) => { value: T } | { wrong: string }) {
  return z.unknown().transform((input, context): T => {
    const result = read(input);
    if ('value' in result) return result.value;
    context.addIssue(result.wrong);
    return z.NEVER;
  });
}

/** One of the keys of `choices`, read as its value. */
export function choice<T>(kind: string, choices: Readonly<Record<string, T>>) {
  return field<T>((value) => {
    if (typeof value !== 'string') return { wrong: `must be one of ${Object.keys(choices).join(', ')}` };
    const [, meant] = Object.entries(choices).find(([name]) => name === value) ?? [];
    return meant === undefined ? { wrong: unknownName(kind, value, Object.keys(choices)) } : { value: meant };
  });
}

interface SizeRange {
  least: number;
  most: number;
  /** The bytes of one unit where a number has no unit; null where a unit is required. */
  bare: number | null;
}

/** Bytes. */
export function sizeField({ least, most, bare }: SizeRange) {
  return field<number>((value) => {
    const bytes = typeof value === 'string' ? parseSize(value) : typeof value === 'number' && bare !== null ? value * bare : null;
    if (bytes === null || !Number.isInteger(bytes)) return { wrong: `must be a size: ${sizeRule}` };
    if (bytes >= least && bytes <= most) return { value: bytes };
    const unit = typeof value === 'number' ? `, counted in ${formatSize(bare ?? 1).replace(/^1/, '')},` : '';
    return { wrong: `${quoted(String(value))}${unit} is not between ${formatSize(least)} and ${formatSize(most)}` };
  });
}
