/** From where a node takes an image. Pure: from what the nodes have and do to a choice. */

/** A node that has the image, or is getting it. */
export interface Holder {
  id: string;
  pool: string;
  /** `starting`: its transfer has been asked for and nothing came yet. */
  state: 'whole' | 'receiving' | 'starting';
  /** From which node it is receiving; null for the controller, and for one that has all. */
  upstream: string | null;
  /** How many nodes take it from there now. */
  serving: number;
}

export interface SpreadInput {
  target: { id: string; pool: string };
  holders: readonly Holder[];
  /** Those of them that the target is known not to get it from. */
  useless: ReadonlySet<string>;
  /** How many nodes take this image from the controller now. */
  controllerServing: number;
}

/** `wait`: until anything of this changes. */
export type Choice = { kind: 'peer'; id: string } | { kind: 'controller' } | { kind: 'wait' };

/** So many at once share a source's way out without each becoming slow. */
const limits = { whole: 2, receiving: 1, starting: 1, controller: 2 };

/**
 * A node of the same pool before others, an idle one before one that serves already, one that has all before one that
 * still receives; then the controller. One that receives passes on what came so far, so nodes that ask together make a
 * chain, and the image passes the controller's link once. No node is ever fed, over others, by itself.
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

/** Whether what the holder gets comes from the node. */
function feeds(id: string, holder: Holder, byId: ReadonlyMap<string, Holder>): boolean {
  const passed = new Set<string>();
  for (let current: Holder | undefined = holder; current !== undefined && !passed.has(current.id); ) {
    if (current.upstream === id) return true;
    passed.add(current.id);
    current = current.upstream === null ? undefined : byId.get(current.upstream);
  }
  return false;
}
