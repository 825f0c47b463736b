/** URLs in messages, with their secrets removed. Pure. */

/** A URL for messages: without credentials, which may also be in its query. */
export function urlWords(url: string | URL): string {
  const parsed = URL.parse(String(url));
  if (parsed === null) return 'what is no URL';
  const { protocol, host, pathname, search } = parsed;
  if (host === '' && protocol !== 'file:') return `${protocol}…`;
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}
