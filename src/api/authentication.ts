/** Who may ask: whoever carries the controller's token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CroftError } from '../model/error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for what may be asked without a token. */
    open?: boolean;
  }
}

/** Makes the hook that refuses a request without the token; the comparison takes the same time wherever they differ. */
export function requireToken(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async (request) => {
    if (request.routeOptions.config.open === true) return;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new CroftError('auth.required', given === undefined ? 'the request carries no token' : 'the token is not the right one', {
      hint: 'send the header "Authorization: Bearer TOKEN"; `croft up` writes the token into its state folder',
    });
  };
}

/** Hashes have one length, which timingSafeEqual needs, and tell nothing of the length of the token. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
