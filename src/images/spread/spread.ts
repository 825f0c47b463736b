/** Chooses the source of an image for a node. Pure: from the state of the nodes to a choice. */

/** A node that has the image, or is receiving it. */
export interface Holder {
  id: string;
  pool: string;
  /** `starting`: its transfer was requested and nothing has arrived yet. */
  state: 'whole' | 'receiving' | 'starting';
  /** The node that it receives from; null for the controller, and for a node that has the whole image. */
  upstream: string | null;
  /** The number of nodes that take the image from there now. */
  serving: number;
}

export interface SpreadInput {
  target: { id: string; pool: string };
  holders: readonly Holder[];
  /** The holders that are known not to work for the target. */
  useless: ReadonlySet<string>;
  /** The number of nodes that take this image from the controller now. */
  controllerServing: number;
}

/** `wait`: until any of this changes. */
export type Choice = { kind: 'peer'; id: string } | { kind: 'controller' } | { kind: 'wait' };

/** The number of transfers that share a source's bandwidth without each becoming slow. */
const limits = { whole: 2, receiving: 1, starting: 1, controller: 2 };

/**
 * Preference: a node of the same pool before others, an idle node before one that serves already, a node with the whole image before one
 * that still receives; then the controller. A receiving node passes on the bytes so far, so nodes that ask together form a chain, and the
 * image passes the controller's link once. No node ever receives, through others, from itself.
 */
export function chooseSource({ target, holders, useless, controllerServing }: SpreadInput): Choice {
  const byId = new Map(holders.map((holder) => [holder.id, holder]));
  const free = holders.filter(
    (holder) =>
      holder.id !== target.id && !useless.has(holder.id) && holder.serving < limits[holder.state] && !feeds(target.id, holder, byId),
  );
  const rank = ({ pool, serving, state }: Holder): number => (pool === target.pool ? 0 : 100) + serving * 10 + (state === 'whole' ? 0 : 1);
  const [best] = free.filter(({ state }) => state !== 'starting').sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  if (best !== undefined) return { kind: 'peer', id: best.id };
  if (free.length > 0 || controllerServing >= limits.controller) return { kind: 'wait' };
  return { kind: 'controller' };
}

/** Whether the holder receives its content from the node. */
function feeds(id: string, holder: Holder, byId: ReadonlyMap<string, Holder>): boolean {
  const passed = new Set<string>();
  for (let current: Holder | undefined = holder; current !== undefined && !passed.has(current.id); ) {
    if (current.upstream === id) return true;
    passed.add(current.id);
    current = current.upstream === null ? undefined : byId.get(current.upstream);
  }
  return false;
}
