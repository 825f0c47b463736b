/** The principal of a token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { administrator, type Principal } from '../model/access/principal.ts';

export interface Principals {
  /** Null for an unknown token. */
  byToken(token: string): Principal | null | Promise<Principal | null>;
}

/** The administrator, by the controller's token; the comparison takes the same time wherever two tokens differ. */
export function administratorOnly(token: string): Principals {
  const expected = digest(token);
  return { byToken: (given) => (timingSafeEqual(digest(given), expected) ? administrator : null) };
}

/** Digests have one length, which timingSafeEqual needs, and reveal nothing about the length of the token. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
