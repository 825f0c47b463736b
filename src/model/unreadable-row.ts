/** A value of the database that this Croft cannot read: a newer Croft wrote it, or it is damaged. */
import { z } from 'zod';

/** The header of a list's answer: how many rows are missing in it. */
export const unreadableHeader = 'unreadable';

export const unreadableRowSchema = z
  .object({
    subject: z.string().meta({ description: 'Whose it is, with the slice where it is in one', example: 'VM hello/web' }),
    place: z.string().meta({ description: 'Its table, column and row in the database' }),
    code: z.string().meta({ description: '`conflict.changed` where a newer Croft wrote it, `internal` where it is damaged' }),
    message: z.string(),
    hint: z.string().meta({ description: 'What to do about it' }),
  })
  .meta({ id: 'UnreadableRow' });
export type UnreadableRow = z.infer<typeof unreadableRowSchema>;
