/** Checks URLs that images are fetched from: which ones may be followed. Pure. */
import { urlWords } from '../../model/input/url-words.ts';
import { SourceFailure } from './failure.ts';

const redirectLimit = 10;

/** Throws SourceFailure for a text that is no URL of a supported kind. */
export function parseSource(source: string): URL {
  const url = URL.parse(source);
  if (url === null) throw new SourceFailure('it is no URL');
  if (url.protocol === 'http:' || url.protocol === 'https:' || url.protocol === 'file:') return url;
  throw new SourceFailure(`images come from http:, https: and file: URLs, not from ${url.protocol}`);
}

/** The target of the redirect from the last visited URL. Throws SourceFailure where the target must not be followed. */
export function nextHop(visited: readonly URL[], location: string | undefined): URL {
  const from = visited.at(-1);
  const to = location === undefined ? null : URL.parse(location, from?.href);
  if (from === undefined || to === null) throw new SourceFailure('it redirects to nowhere');
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw new SourceFailure(`it redirects to ${urlWords(to)}, which is not followed`);
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new SourceFailure(`it redirects from https to ${urlWords(to)}, where anybody on the way could change the image`);
  }
  const path = [...visited, to].map((url) => urlWords(url)).join(' → ');
  if (visited.some((url) => url.href === to.href)) throw new SourceFailure(`it redirects in a loop: ${path}`);
  if (visited.length > redirectLimit) throw new SourceFailure(`it redirects more than ${redirectLimit} times: ${path}`);
  return to;
}
