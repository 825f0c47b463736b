/** A guest's memory, which a balloon inside the guest takes and returns, as far as the guest obeys. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Balloon {
  /** Asks the guest to use only this many bytes; false where the request is refused. */
  ask(bytes: number): Promise<boolean>;
  /** Bytes that the guest has now. */
  actual(): Promise<number>;
  /**
   * Bytes that the guest's programs could still get; null where the guest does not report the number. Absent where it cannot be queried.
   */
  available?(): Promise<number | null>;
}

/** ms within which a guest must make progress, and within which it must reach the target; the interval of the checks. */
const stepTime = 3_000;
const wholeTime = 30_000;
const lookEvery = 250;
/** Guests count in pages. */
const page = 4096;

/** False where the guest uses more than that already, or did not reach the target, and gets its former target again. */
export async function resizeGuest(balloon: Balloon, before: number, wanted: number): Promise<boolean> {
  const spare = wanted < before ? ((await balloon.available?.()) ?? null) : null;
  if (spare !== null && (await balloon.actual()) - wanted > spare) return false;
  if (!(await balloon.ask(wanted))) return false;
  const begun = performance.now();
  let [nearest, since] = [Number.POSITIVE_INFINITY, begun];
  for (let now = begun; now - begun < wholeTime && now - since < stepTime; now = performance.now()) {
    const distance = Math.abs((await balloon.actual()) - wanted);
    if (distance < page) return true;
    if (distance < nearest) [nearest, since] = [distance, performance.now()];
    await delay(lookEvery);
  }
  await balloon.ask(before);
  return false;
}
