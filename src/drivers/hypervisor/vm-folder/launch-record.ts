/** The record of a VM that is complete on its node: one line of JSON beside its disks, written after them. */
import { z } from 'zod';
import { shortHash } from '../../../model/identifier.ts';
import { planHash, type VmLaunch } from '../../../model/node/plan.ts';

const recordSchema = z.object({
  /** `planHash` of the launch. */
  hash: z.string(),
  label: z.string(),
  /** Of what the seed holds and of what the disks are made from: where these are the same, so are the files. */
  seed: z.string().optional(),
  disks: z.string().optional(),
});
export type LaunchRecord = z.infer<typeof recordSchema>;

/** One line; the same for the same launch, label and seed. */
export function launchRecord(vm: VmLaunch, label: string, seedHash: string): Required<LaunchRecord> {
  const { image, disk, volumes, firmware } = vm;
  return { hash: planHash(vm), label, seed: seedHash, disks: shortHash(16, JSON.stringify([image, disk, volumes, firmware])) };
}

/** Null for a line that is none. */
export function readLaunchRecord(line: string): LaunchRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
