/** The difference between a slice as it is and as it is wanted: what `plan` shows and `apply` commits. Data only. */
import type { FieldChange } from '../field.ts';
import type { NetworkFieldName } from '../network/fields.ts';
import type { VmFieldName } from '../vm/fields.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

/**
 * How a change comes to a VM that runs and is not restarted for it. live: now. offered: now where the guest lets it, else at its
 * next start. next-start: at its next start, which is left to its users.
 */
export const changeTimes = ['live', 'offered', 'next-start'] as const;
export type ChangeTime = (typeof changeTimes)[number];

/**
 * `loses` says what is lost although the VM itself stays: it needs to be confirmed as making a VM anew does. `when` is there in
 * an update of a VM that runs, for what its process is made from.
 */
export type VmFieldChange = FieldChange<VmFieldName> & { loses?: 'its data'; when?: ChangeTime };
export type NetworkFieldChange = FieldChange<NetworkFieldName>;

export type VmChange =
  | { kind: 'create'; spec: VmSpec }
  /** The VM goes on: what differs is no part of its process, such as the restart policy, or comes to it as `when` says. */
  | { kind: 'update'; spec: VmSpec; changes: VmFieldChange[] }
  /** The VM is stopped and started with its disk kept, and its volumes but for those that changes say are lost. */
  | { kind: 'restart'; spec: VmSpec; changes: VmFieldChange[] }
  /** The VM is made anew and its disk is lost. */
  | { kind: 'recreate'; spec: VmSpec; changes: VmFieldChange[] }
  | { kind: 'remove'; name: string };

export type NetworkChange =
  | { kind: 'create'; spec: NetworkSpec }
  | { kind: 'update'; spec: NetworkSpec; changes: NetworkFieldChange[] }
  | { kind: 'remove'; name: string };

export interface SliceChange {
  slice: string;
  /** The generation that the difference was made against; null where the slice is new. The commit refuses another one. */
  against: number | null;
  spec: SliceSpec;
  /** How VMs are placed from now on, in words; null where that is as before. */
  placement: { from: string; to: string } | null;
  networks: NetworkChange[];
  vms: VmChange[];
}
