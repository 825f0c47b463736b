/** Authorization: the only place that decides which principal may do which action. Pure. */
import type { Action } from '../model/access/action.ts';
import type { Principal } from '../model/access/principal.ts';

/** The name of the principal that owns the subject; null for shared subjects, such as nodes and images. */
export type Owner = string | null;

/** hidden: answered as though the subject did not exist, so that the names of others stay private. */
export type Decision = 'allowed' | 'forbidden' | 'hidden';

/** any: subjects of any owner, and shared ones. own: only subjects of the principal. */
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

/** The owner as a filter of lists: none for all owners. */
export function ownedBy(owner: Owner): { owner?: string } {
  return owner === null ? {} : { owner };
}

/** The owner whose subjects a list shows to the principal; null for all owners. */
export function listedOwner(principal: Principal, action: Action): Owner {
  return reaches[principal.kind](action) === 'any' ? null : principal.name;
}
