/** The difference between the present and the wanted slice: shown by `plan` and committed by `apply`. Data only. */
import type { FieldChange } from '../field.ts';
import type { NetworkFieldName } from '../network/fields.ts';
import type { VmFieldName } from '../vm/fields.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

/**
 * How a change reaches a running VM without a restart. live: now. offered: now where the guest permits it, otherwise at its next start.
 * next-start: at its next start, which is left to its users.
 */
export const changeTimes = ['live', 'offered', 'next-start'] as const;
export type ChangeTime = (typeof changeTimes)[number];

/**
 * `loses` names the losses although the VM itself stays: the change needs the same confirmation as recreating a VM. `when` is present in
 * an update of a running VM, for fields that its process is made from.
 */
export type VmFieldChange = FieldChange<VmFieldName> & { loses?: 'its data'; when?: ChangeTime };
export type NetworkFieldChange = FieldChange<NetworkFieldName>;

export type VmChange =
  | { kind: 'create'; spec: VmSpec }
  /** The VM keeps running: the differing fields do not affect its process, such as the restart policy, or reach it as `when` says. */
  | { kind: 'update'; spec: VmSpec; changes: VmFieldChange[] }
  /** The VM is restarted with its disk kept, and its volumes except for those that the changes name as lost. */
  | { kind: 'restart'; spec: VmSpec; changes: VmFieldChange[] }
  /** The VM is recreated and its disk is lost. */
  | { kind: 'recreate'; spec: VmSpec; changes: VmFieldChange[] }
  | { kind: 'remove'; name: string };

export type NetworkChange =
  | { kind: 'create'; spec: NetworkSpec }
  | { kind: 'update'; spec: NetworkSpec; changes: NetworkFieldChange[] }
  | { kind: 'remove'; name: string };

export interface SliceChange {
  slice: string;
  /** The generation that the difference was made against; null where the slice is new. The commit refuses any other generation. */
  against: number | null;
  spec: SliceSpec;
  /** The new placement of VMs, in words; null where it is unchanged. */
  placement: { from: string; to: string } | null;
  networks: NetworkChange[];
  vms: VmChange[];
}
