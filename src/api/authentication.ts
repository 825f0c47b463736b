/** Authentication: the bearer token of a request becomes its principal. */
import type { FastifyRequest } from 'fastify';
import type { Principals } from '../access/principals.ts';
import { anonymous, type Principal } from '../model/access/principal.ts';
import { CroftError } from '../model/error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The principal; set before any other hook reads the request. */
    principal: Principal;
  }
}

/** Makes the hook that sets the principal, and refuses a request without a token unless its route is open. */
export function authentication(principals: Principals): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (request.routeOptions.config.access === 'open') {
      request.principal = anonymous;
      return;
    }
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const principal = given === undefined ? null : await principals.byToken(given);
    if (principal !== null) {
      request.principal = principal;
      return;
    }
    throw new CroftError('auth.required', given === undefined ? 'the request carries no token' : 'the token is not the right one', {
      hint: 'send the header "Authorization: Bearer TOKEN"; `croft up` writes the token into its state folder',
    });
  };
}
