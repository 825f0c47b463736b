/** Polls until there is an answer, within a time limit. */
import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  /** ms. */
  timeout: number;
  every: number;
  signal: AbortSignal;
}

/** The answer of `read` once it is not null; null when the time is over. */
export async function until<T>(read: () => Promise<T | null>, { timeout, every, signal }: UntilOptions): Promise<T | null> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const answer = await read();
    if (answer !== null || Date.now() >= deadline) return answer;
    await pause(every, undefined, { signal });
  }
}
