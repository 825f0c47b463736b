/** What the views of all resources need to know of the terminal. */
import type { Paint } from '../output/paint.ts';

export interface ViewOptions {
  width: number;
  paint: Paint;
  /** ms since 1970. */
  now: number;
}
