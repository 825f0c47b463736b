/** The VMs that a name in a slice file refers to. */
import type { VmDraft } from './draft.ts';

/** Name as written → the VMs that it refers to: all copies of a counted VM, or the VM of that name. */
export type MeantVms = ReadonlyMap<string, readonly string[]>;

/** `drafts` before counts are expanded, `names` of the VMs after it. */
export function meantVms(drafts: readonly Pick<VmDraft, 'name' | 'count'>[], names: readonly string[]): MeantVms {
  const counted = drafts.map(({ name, count }): [string, string[]] => [
    name,
    Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}-${index + 1}`)),
  ]);
  return new Map([...names.map((name): [string, string[]] => [name, [name]]), ...counted]);
}
