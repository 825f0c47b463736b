/** A VM as the API shows it: names instead of identifiers, and one human-readable reason. */
import { z } from 'zod';
import { nicModels } from '../network/nic-model.ts';
import { shownShape } from './fields.ts';
import { vmDesiredStates, vmObservedStates } from './vm.ts';

export const nicViewSchema = z.object({
  name: z.string(),
  network: z.string(),
  mac: z.string(),
  address: z.string(),
  model: z.enum(nicModels),
});
export type NicView = z.infer<typeof nicViewSchema>;

/** Sizes in bytes, times in ms since 1970. */
export const vmViewSchema = z
  .object({
    id: z.string(),
    slice: z.string(),
    name: z.string(),
    /** Null while it has no node; `reason` then says why. */
    node: z.string().nullable(),
    /** The target node of its move; null where it stays. */
    movingTo: z.string().nullable(),
    /** Why it has no node yet; null once it has. */
    pendingReason: z.string().nullable(),
    /** Why it cannot leave its draining node; null when it need not leave. */
    stayReason: z.string().nullable(),
    desired: z.enum(vmDesiredStates),
    state: z.enum(vmObservedStates),
    /** Why it is not as desired; null when it is. */
    reason: z.string().nullable(),
    /** The step in progress, null when there is none. */
    step: z.string().nullable(),
    /** Every NIC with DHCP has taken its lease since the start. */
    addressed: z.boolean(),
    ...shownShape,
    nics: z.array(nicViewSchema),
    /** Restarts by the restart policy since the VM last ran long enough. */
    restarts: z.int(),
    /** Consecutive failed starts, failed changes of the running VM, or full disks; 0 when nothing is tried again. */
    failures: z.int(),
    /** No restart and no retry before this time; null when nothing delays the VM. */
    retryAt: z.int().nullable(),
    startedAt: z.int().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: 'Vm' });
export type VmView = z.infer<typeof vmViewSchema>;
