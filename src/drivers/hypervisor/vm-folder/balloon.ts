/** A guest's memory, which a balloon inside it takes from it and gives back, as far as the guest obeys. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Balloon {
  /** Asks the guest to live with so many bytes; false where that is refused. */
  ask(bytes: number): Promise<boolean>;
  /** Bytes that it lives with now. */
  actual(): Promise<number>;
  /** Bytes that its programs could still get; null where the guest does not say. Absent where it cannot be asked. */
  available?(): Promise<number | null>;
}

/** ms in which a guest must come closer, and in which it must be there; how often it is looked at. */
const stepTime = 3_000;
const wholeTime = 30_000;
const lookEvery = 250;
/** Guests count in pages. */
const page = 4096;

/** False where the guest uses more than that already, or did not come to it, and is asked for no other than before. */
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
