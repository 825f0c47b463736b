/** Operations on a VM that change no desired state: snapshots, resets, and the output of its guest. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';

/** `at` in ms since 1970. */
export const snapshotSchema = z.object({ name: z.string(), memory: z.boolean(), at: z.int() }).meta({ id: 'Snapshot' });
export type Snapshot = z.infer<typeof snapshotSchema>;

export const snapshotRequestSchema = z
  .object({
    name: nameSchema,
    /** With the guest's memory: only for a running VM. */
    memory: z.boolean().default(false),
  })
  .meta({ id: 'SnapshotRequest' });

export const rebootRequestSchema = z
  .object({
    /** Resets the VM at once instead of asking the guest. */
    hard: z.boolean().default(false),
  })
  .meta({ id: 'RebootRequest' });

/** The largest part of a serial console's output that is returned, in bytes. */
export const longestLog = 1024 ** 2;

/** The answers of an agent inside the guest. */
export const guestReportSchema = z
  .object({
    hostname: z.string().nullable(),
    operatingSystem: z.string().nullable(),
    addresses: z.array(z.object({ nic: z.string(), mac: z.string().nullable(), address: z.string() })),
  })
  .meta({ id: 'GuestReport' });
export type GuestReport = z.infer<typeof guestReportSchema>;
