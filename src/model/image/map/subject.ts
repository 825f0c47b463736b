/** How the messages of errors call image maps. */
import { printable } from '../../input/quote.ts';

/** `The image map images.yaml`, or `The image map a.yaml with b.yaml` where they were merged. */
export function imageMapSubject(files: readonly string[]): string {
  return `The image map ${[...new Set(files)].map(printable).join(' with ')}`;
}
