/**
 * Records of a VM in its folder, each as one line: the record that the VM is complete, written after its disks, and its running launch.
 * Both are read in the form of any earlier version of Croft.
 */
import { z } from 'zod';
import { canonicalWriter } from '../../../model/canonical.ts';
import { asCroftError, CroftError } from '../../../model/error.ts';
import { shortHash } from '../../../model/identifier.ts';
import { planHash, type VmLaunch, vmLaunchSchema } from '../../../model/node/plan.ts';
import { versionedForm } from '../../../model/versioned.ts';

const recordSchema = z.object({
  /** `planHash` of the launch. */
  hash: z.string(),
  label: z.string(),
  /** Hashes of the seed's content and of the disks' bases: where these are equal, so are the files. */
  seed: z.string().optional(),
  disks: z.string().optional(),
});
export type LaunchRecord = z.infer<typeof recordSchema>;

export const launchRecordForm = versionedForm({ what: 'the launch record', schema: recordSchema, bare: true });

/** For a running VM; the launch that it was started from, with the parts added and removed since. */
export const runningForm = versionedForm({ what: 'the launch', schema: vmLaunchSchema, bare: true });

const writeDisks = canonicalWriter(vmLaunchSchema.pick({ image: true, disk: true, volumes: true, firmware: true }));

/** The same for the same launch, label and seed. */
export function launchRecord(vm: VmLaunch, label: string, seedHash: string): Required<LaunchRecord> {
  return { hash: planHash(vm), label, seed: seedHash, disks: shortHash(16, writeDisks(vm)) };
}

/** Null for a line that is no record. Throws `conflict.changed` for a record that a newer Croft wrote. */
export function readLaunchRecord(line: string, whose: string): LaunchRecord | null {
  try {
    return launchRecordForm.read(line, whose);
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'conflict.changed') throw thrown;
    return null;
  }
}

/** As `readLaunchRecord`, where many are read: a record of a newer Croft does not affect the others. */
export function seeLaunchRecord(line: string, vmId: string): { hash: string | null; unreadable?: string } {
  try {
    return { hash: readLaunchRecord(line, `VM ${vmId}`)?.hash ?? null };
  } catch (thrown) {
    return { hash: null, unreadable: asCroftError(thrown).message };
  }
}
