/** How slices are named: by their name among those of one owner, and of others by `owner:slice`. */
import { z } from 'zod';
import { nameRule, nameSchema } from '../input/name.ts';
import type { Principal } from './principal.ts';

/** No two slices have the same. */
export interface SliceName {
  owner: string;
  name: string;
}

/** As somebody writes it; an owner of null is whoever asks. */
export interface SliceAddress {
  owner: string | null;
  name: string;
}

/** Takes any text apart, and checks nothing. */
export function splitSliceAddress(text: string): SliceAddress {
  const colon = text.indexOf(':');
  return colon < 0 ? { owner: null, name: text } : { owner: text.slice(0, colon), name: text.slice(colon + 1) };
}

/** `slice`, or `owner:slice`. */
export const sliceAddressSchema = z
  .string()
  .meta({ description: `${nameRule}; the slice of another owner is written as "owner:slice"`, example: 'web' })
  .transform((text, context): SliceAddress => {
    const address = splitSliceAddress(text);
    for (const part of [address.owner ?? address.name, address.name]) {
      if (nameSchema.safeParse(part).success) continue;
      context.addIssue({ code: 'custom', message: nameRule, input: text });
      return z.NEVER;
    }
    return address;
  });

/** The slice that the principal means. */
export function sliceMeantBy({ name: asker }: Principal, { owner, name }: SliceAddress): SliceName {
  return { owner: owner ?? asker, name };
}

/** How the principal writes the slice: what `sliceMeantBy` reads back. */
export function writtenBy({ name: asker }: Principal, { owner, name }: SliceName): string {
  return owner === asker ? name : `${owner}:${name}`;
}
