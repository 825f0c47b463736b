/**
 * A VM that would have to be removed so that another fits, in words. It may be anybody's, so what is shown to a member does not name a VM
 * of another owner. Pure.
 */

import type { Principal } from '../access/principal.ts';
import { partsOfSliceName, sliceWrittenBy } from '../access/slice-name.ts';

/** `slice` is the full name; `size` what the removal would make free, in words. */
export function roomByRemoval(node: string, { slice, name }: { slice: string; name: string }, size: string): string {
  return `on ${node} if ${slice}/${name} (${size}) were removed`;
}

/** The VM in the words of `roomByRemoval`; no other words of Croft have this form. */
const removal = /(?<= if )([^\s/]+)\/(\S+)(?= \([^()]*\) were removed)/g;

/** The text as `asker` may read it: the administrator all of it. */
export function withoutVmsOfOthers(text: string, asker: Principal): string {
  if (asker.kind !== 'member') return text;
  return text.replace(removal, (_, slice: string, vm: string) =>
    partsOfSliceName(slice).owner === asker.name ? `${sliceWrittenBy(asker, slice)}/${vm}` : 'a VM of another owner',
  );
}
