/** Who may do what: the one place that decides. Pure. */
import type { Action } from '../model/access/action.ts';
import type { Principal } from '../model/access/principal.ts';

/** The name of the principal that something belongs to; null for what all share, such as nodes and images. */
export type Owner = string | null;

/** hidden: to be answered as though it did not exist, so that the names of others stay theirs. */
export type Decision = 'allowed' | 'forbidden' | 'hidden';

/** any: whoever owns it, and what all share. own: only what the principal owns. */
type Reach = 'any' | 'own';

const everything: (action: Action) => Reach = () => 'any';

const ofMembers: Partial<Record<Action, Reach>> = {
  'controller.read': 'any',
  'flavor.read': 'any',
  'image.read': 'any',
  'slice.read': 'own',
  'slice.change': 'own',
  'slice.enter': 'own',
  'task.read': 'own',
  'event.read': 'own',
};

const reaches: Record<Principal['kind'], (action: Action) => Reach | undefined> = {
  administrator: everything,
  system: everything,
  member: (action) => ofMembers[action],
  anonymous: () => undefined,
};

export function authorize({ kind, name }: Principal, action: Action, owner: Owner): Decision {
  const reach = reaches[kind](action);
  if (reach === 'any' || (reach === 'own' && owner === name)) return 'allowed';
  return owner === null || owner === name ? 'forbidden' : 'hidden';
}

/** The owner as what filters lists: nothing for everybody's. */
export function ownedBy(owner: Owner): { owner?: string } {
  return owner === null ? {} : { owner };
}

/** Whose things a list shows to the principal: those of one owner, or null for everybody's. */
export function listedOwner(principal: Principal, action: Action): Owner {
  return reaches[principal.kind](action) === 'any' ? null : principal.name;
}
