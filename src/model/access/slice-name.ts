/**
 * Names of slices. Names are unique per owner, so the full name of a slice, which is unique, begins with its owner: `owner:slice`. The
 * full name of the administrator's slices is the name alone. Inside Croft, slices are known by their full names.
 */
import { z } from 'zod';
import { nameRule, nameSchema } from '../input/name.ts';
import { administrator, type Principal } from './principal.ts';

/** A slice as a user writes it; an owner of null is the principal of the request. */
export interface SliceAddress {
  owner: string | null;
  name: string;
}

/** Splits any text, and checks nothing. */
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

export function fullSliceName(owner: string, name: string): string {
  return owner === administrator.name ? name : `${owner}:${name}`;
}

/** The parts of a full name. */
export function partsOfSliceName(fullName: string): { owner: string; name: string } {
  const { owner, name } = splitSliceAddress(fullName);
  return { owner: owner ?? administrator.name, name };
}

/** The full name of the slice that the principal means. */
export function sliceMeantBy({ name: asker }: Principal, { owner, name }: SliceAddress): string {
  return fullSliceName(owner ?? asker, name);
}

/** How the principal writes a slice: `sliceMeantBy` reads that text as the same slice. */
export function sliceWrittenBy({ name: asker }: Principal, fullName: string): string {
  const { owner, name } = partsOfSliceName(fullName);
  return owner === asker ? name : `${owner}:${name}`;
}
