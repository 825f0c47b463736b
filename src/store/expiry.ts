/** Selects the oldest events that are past their retention. Pure. */

/** How many events, or ended tasks, are kept, and for how long. */
export interface RetentionBounds {
  /** The largest number kept. */
  kept: number;
  /** Older records are deleted too: ms since 1970. */
  since: number;
}

interface EventTimes {
  sequence: number;
  /** ms since 1970. */
  at: number;
}

/**
 * The sequence up to which events are deleted; null where all stay. `oldest` are the oldest existing events, in order; `newest` is the
 * highest sequence, `unread` the lowest position of a cursor. An event that a cursor has yet to pass is never deleted by age, but by
 * number: otherwise a reader that never returns would fill the disk.
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
