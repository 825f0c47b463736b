/** Which of the oldest events are kept no longer. Pure. */

/** How many events, or ended tasks, are kept, and for how long. */
export interface RetentionBounds {
  /** At most so many. */
  kept: number;
  /** Older ones go too: ms since 1970. */
  since: number;
}

interface EventTimes {
  sequence: number;
  /** ms since 1970. */
  at: number;
}

/**
 * The sequence up to which events go; null where all stay. `oldest` are the oldest there are, in order; `newest` is the highest
 * sequence, `unread` the lowest that a cursor stands at. Age takes no event that a cursor has yet to pass; number does, else a reader
 * that never comes back would fill the disk.
 */
export function lastExpired(
  oldest: readonly EventTimes[],
  newest: number,
  unread: number | null,
  { kept, since }: RetentionBounds,
): number | null {
  const surplus = newest - kept;
  const read = unread ?? newest;
  const stays = oldest.findIndex(({ sequence, at }) => sequence > surplus && (at >= since || sequence > read));
  const expired = stays === -1 ? oldest : oldest.slice(0, stays);
  return expired.at(-1)?.sequence ?? null;
}
