/** The terminal's properties that the views of all resources need. */
import type { Paint } from '../output/paint.ts';

export interface ViewOptions {
  width: number;
  paint: Paint;
  /** ms since 1970. */
  now: number;
}
