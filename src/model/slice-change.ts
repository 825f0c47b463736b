/** The difference between a slice as it is and as it is wanted: what `plan` shows and `apply` commits. Data only. */
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

export type VmChange =
  | { kind: 'create'; spec: VmSpec }
  /** Takes effect without touching the running VM, such as the restart policy. */
  | { kind: 'update'; spec: VmSpec; fields: string[] }
  /** The VM is stopped and started with its disk kept. */
  | { kind: 'restart'; spec: VmSpec; fields: string[] }
  /** The VM is made anew and its disk is lost. */
  | { kind: 'recreate'; spec: VmSpec; fields: string[] }
  | { kind: 'remove'; name: string };

export type NetworkChange =
  | { kind: 'create'; spec: NetworkSpec }
  | { kind: 'update'; spec: NetworkSpec; fields: string[] }
  | { kind: 'remove'; name: string };

export interface SliceChange {
  slice: string;
  /** The generation that the difference was made against; null where the slice is new. The commit refuses another one. */
  against: number | null;
  spec: SliceSpec;
  networks: NetworkChange[];
  vms: VmChange[];
}
