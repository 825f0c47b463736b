/** What is asked of a VM that is no state to be kept: snapshots, resets, and what its guest says. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';

/** `at` in ms since 1970. */
export const snapshotSchema = z.object({ name: z.string(), memory: z.boolean(), at: z.int() }).meta({ id: 'Snapshot' });
export type Snapshot = z.infer<typeof snapshotSchema>;

export const snapshotRequestSchema = z
  .object({
    name: nameSchema,
    /** With the guest's memory: only of one that runs. */
    memory: z.boolean().default(false),
  })
  .meta({ id: 'SnapshotRequest' });

export const rebootRequestSchema = z
  .object({
    /** Resets it at once instead of asking the guest. */
    hard: z.boolean().default(false),
  })
  .meta({ id: 'RebootRequest' });

/** What is told at most of what a serial console printed, in bytes. */
export const longestLog = 1024 ** 2;

/** What an agent inside the guest says. */
export const guestReportSchema = z
  .object({
    hostname: z.string().nullable(),
    operatingSystem: z.string().nullable(),
    addresses: z.array(z.object({ nic: z.string(), mac: z.string().nullable(), address: z.string() })),
  })
  .meta({ id: 'GuestReport' });
export type GuestReport = z.infer<typeof guestReportSchema>;
