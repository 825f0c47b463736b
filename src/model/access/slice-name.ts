/**
 * How slices are named. Names are those of one owner, so the full name of a slice, which no other has, begins with its owner:
 * `owner:slice`. That of the administrator's slices is the name alone. Inside, slices are known by their full names.
 */
import { z } from 'zod';
import { nameRule, nameSchema } from '../input/name.ts';
import { administrator, type Principal } from './principal.ts';

/** A slice as somebody writes it; an owner of null is whoever asks. */
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

export function fullSliceName(owner: string, name: string): string {
  return owner === administrator.name ? name : `${owner}:${name}`;
}

/** What a full name is made of. */
export function partsOfSliceName(fullName: string): { owner: string; name: string } {
  const { owner, name } = splitSliceAddress(fullName);
  return { owner: owner ?? administrator.name, name };
}

/** The full name of the slice that the principal means. */
export function sliceMeantBy({ name: asker }: Principal, { owner, name }: SliceAddress): string {
  return fullSliceName(owner ?? asker, name);
}

/** How the principal writes a slice: what `sliceMeantBy` takes for the same one. */
export function sliceWrittenBy({ name: asker }: Principal, fullName: string): string {
  const { owner, name } = partsOfSliceName(fullName);
  return owner === asker ? name : `${owner}:${name}`;
}
