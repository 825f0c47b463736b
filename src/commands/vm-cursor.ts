/** The cursor of a page of VMs, which clients pass on from the page before: an opaque text for clients. */
import { z } from 'zod';
import { sliceAddressSchema } from '../model/access/slice-name.ts';
import { CroftError } from '../model/error.ts';
import { identifierPattern } from '../model/identifier.ts';
import { nameSchema } from '../model/input/name.ts';
import type { VmPosition } from '../store/store.ts';

const fullNameSchema = z.string().refine((text) => sliceAddressSchema.safeParse(text).success);
const positionSchema = z.tuple([fullNameSchema, nameSchema, z.int(), z.string().regex(identifierPattern)]);

/** Of the last VM of a page. */
export function cursorOf({ slice, name, createdAt, id }: VmPosition): string {
  return Buffer.from(JSON.stringify([slice, name, createdAt, id])).toString('base64url');
}

/** Throws `input.invalid` for a text that no page has returned. */
export function positionOf(cursor: string): VmPosition {
  try {
    const [slice, name, createdAt, id] = positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { slice, name, createdAt, id };
  } catch (cause) {
    throw new CroftError('input.invalid', `"${cursor}" is no place in the list of VMs`, {
      hint: 'Take the header `next` of the page before, or leave `after` out.',
      cause,
    });
  }
}
