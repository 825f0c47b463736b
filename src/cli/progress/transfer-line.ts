/** The progress of a transfer, in one line: a bar, sizes and the rate. Pure. */
import { sizeInWords } from '../output/quantity.ts';
import { cutText } from '../output/text-width.ts';

export interface Transfer {
  name: string;
  /** Bytes. */
  sent: number;
  total: number;
  /** Bytes of `sent` that were present when the time began to count; 0 by default. */
  before?: number;
  /** ms. */
  elapsed: number;
  width: number;
}

const widestBar = 40;

export function transferLine({ name, sent, total, before = 0, elapsed, width }: Transfer): string {
  const share = total === 0 ? 1 : Math.min(1, sent / total);
  const rate = elapsed > 0 ? sizeInWords((Math.max(0, sent - before) / elapsed) * 1000) : '0 B';
  const words = `${String(Math.floor(share * 100)).padStart(3)} %  ${sizeInWords(sent)} of ${sizeInWords(total)}, ${rate}/s`;
  const bar = Math.min(widestBar, width - name.length - words.length - 6);
  if (bar < 5) return cutText(`${name} ${words}`, width);
  const filled = Math.round(share * bar);
  return `${name}  [${'#'.repeat(filled)}${' '.repeat(bar - filled)}]  ${words}`;
}
