/** The effect of a slice's change on a VM's NICs. Pure. */

import type { NicSpec } from './devices.ts';
import { type DifferenceContext, deviceEffect, type PartDifference, sameOrder, type VmEffect } from './situation.ts';

/**
 * A NIC that changes its network is removed, and another one is added. A NIC whose network got another subnet differs too: its VM takes
 * its new address at its next start, as with all other differences of a NIC that stays.
 */
export function nicDifferences(
  before: readonly NicSpec[],
  after: readonly NicSpec[],
  { situation, moved }: DifferenceContext,
): PartDifference[] {
  const comesOrGoes = deviceEffect(situation, 'hotplug-nic');
  const difference = (effect: VmEffect, from: string | null, to: string | null): PartDifference => ({ effect, from, to });
  const present = new Map(before.map((nic) => [nic.name, nic]));
  const wanted = new Set(after.map(({ name }) => name));
  const gone = before.filter(({ name }) => !wanted.has(name)).map((nic) => difference(comesOrGoes, nicInWords(nic), null));
  const others = after.flatMap((nic) => {
    const old = present.get(nic.name);
    const [from, to] = [old === undefined ? null : nicInWords(old), nicInWords(nic)];
    const move = moved.get(nic.network);
    if (old?.network !== nic.network) return [difference(comesOrGoes, from, to)];
    if (from !== to) return [difference('restart', from, to)];
    return move === undefined ? [] : [difference('restart', `${from} in ${move.from}`, `${to} in ${move.to}`)];
  });
  const [had, has] = [before, after].map((nics) => nics.map(identity)) as [string[], string[]];
  if (sameOrder(had, has)) return [...gone, ...others];
  const [from, to] = [before, after].map((nics) => nics.map(({ name }) => name).join(', ')) as [string, string];
  return [...gone, ...others, difference('restart', from, to)];
}

const identity = ({ name, network }: NicSpec): string => `${name} ${network}`;

export function nicInWords({ name, network, model, address, mac }: NicSpec): string {
  return [name, network, ...(model === 'virtio' ? [] : [model]), address, mac].filter((part) => part !== null).join(' ');
}
