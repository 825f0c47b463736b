/** How the messages of errors call image maps. */
import { printable } from '../quote.ts';

/** `The image map images.yaml`, or `The image maps a.yaml and b.yaml`. */
export function imageMapSubject(files: readonly string[]): string {
  const names = [...new Set(files)].map(printable);
  return `The image map${names.length > 1 ? 's' : ''} ${names.join(' and ')}`;
}
