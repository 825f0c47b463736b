/** Waiting for a condition, with a limit. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first value that is not undefined; rejects after `timeout` ms, naming what did not come true. */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, timeout = 60_000, every = 20): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeout / 1000} s in vain until ${what}`);
    await delay(every);
  }
}

/** Looks every so many ms whether the condition holds; for guests, which an emulator makes slow. */
export async function untilTrue(condition: () => boolean | Promise<boolean>, every = 20, timeout = 300_000): Promise<void> {
  await until(String(condition), async () => ((await condition()) ? true : undefined), timeout, every);
}
