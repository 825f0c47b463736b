/** Labels: `NAME` or `NAME:SIZE`, where NAME is an alias or an image. */
import { z } from 'zod';
import { imageNameRule, imageNameSchema } from '../../input/name.ts';

export interface Label {
  name: string;
  size: string | null;
}

export const labelRule = `a label is NAME or NAME:SIZE, such as ubuntu-22.04:large; ${imageNameRule}`;

/** Null where the text is no label. */
export function parseLabel(text: string): Label | null {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const size = colon < 0 ? null : text.slice(colon + 1);
  const valid = [name, ...(size === null ? [] : [size])].every((part) => imageNameSchema.safeParse(part).success);
  return valid ? { name, size } : null;
}

export const labelSchema = z.string().refine((text) => parseLabel(text) !== null, labelRule);
