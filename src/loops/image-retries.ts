/** When images that could not be brought to a node are tried again. */
import { backOff } from '../reconciler/restart.ts';

const firstRetry = 2_000;

export class ImageRetries {
  readonly #failures = new Map<string, { count: number; retryAt: number }>();

  failed(sha256: string, now: number): void {
    const count = (this.#failures.get(sha256)?.count ?? 0) + 1;
    this.#failures.set(sha256, { count, retryAt: now + Math.max(firstRetry, backOff(count)) });
  }

  arrived(sha256: string): void {
    this.#failures.delete(sha256);
  }

  /** The sha256 of each that is to wait. */
  postponed(now: number): Set<string> {
    return new Set([...this.#failures].filter(([, { retryAt }]) => now < retryAt).map(([sha256]) => sha256));
  }
}
