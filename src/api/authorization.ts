/** The access declaration of each route, and the hooks that enforce it on routes and requests. */
import type { FastifyRequest, RouteOptions } from 'fastify';
import { authorize, type Owner } from '../access/authorize.ts';
import type { Action } from '../model/access/action.ts';
import { splitSliceAddress } from '../model/access/slice-name.ts';
import { CroftError } from '../model/error.ts';
import { missing } from '../model/missing.ts';

/**
 * The source of the requested resource's owner. slice: the slice that the path or the query names, otherwise the principal. query: the
 * owner that the query names, otherwise the principal. asker: the principal; the handler shows no more than `listedOwner` says. shared:
 * no owner.
 */
export type OwnerSource = 'slice' | 'query' | 'asker' | 'shared';

/** `open` needs no token. */
export type RouteAccess = 'open' | { readonly action: Action; readonly owner: OwnerSource };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The principals that may use the route; a route without this declaration stops the start. */
    access?: RouteAccess;
  }
}

/** The declaration of a route, as its `config`. */
export function access(action: Action, owner: OwnerSource): { access: RouteAccess } {
  return { access: { action, owner } };
}

export const open: { access: RouteAccess } = { access: 'open' };

/** An `onRoute` hook: throws for a route without an access declaration. */
export function requireDeclaration({ method, url, config }: Pick<RouteOptions, 'method' | 'url' | 'config'>): void {
  if (config?.access !== undefined) return;
  throw new Error(`the route ${[method].flat().join(', ')} ${url} does not declare who may use it: give it a \`config: access(…)\``);
}

/** An `onRequest` hook behind the authentication: refuses before any part of the body is read. */
export async function enforceDeclaration(request: FastifyRequest): Promise<void> {
  const declared = request.routeOptions.config.access;
  // A request without a route has no declaration, and is answered with `not-found`.
  if (declared === undefined || declared === 'open') return;
  const decision = authorize(request.principal, declared.action, ownerOf(request, declared.owner));
  if (decision === 'allowed') return;
  if (decision === 'hidden' && declared.owner === 'slice') throw missing('slice', sliceText(request), []);
  throw new CroftError('auth.forbidden', `${request.principal.name} may not do that: it needs the permission ${declared.action}`, {
    hint: 'Ask the administrator.',
  });
}

function ownerOf(request: FastifyRequest, source: OwnerSource): Owner {
  if (source === 'shared') return null;
  const named =
    source === 'slice' ? splitSliceAddress(sliceText(request)).owner : source === 'query' ? partOf(request.query, 'owner') : null;
  return named ?? request.principal.name;
}

function sliceText({ params, query }: FastifyRequest): string {
  return partOf(params, 'slice') ?? partOf(query, 'slice') ?? '';
}

/** Runs before the check of the request against its schema, which refuses values that are no text. */
function partOf(parts: unknown, name: string): string | null {
  const part = (parts as Record<string, unknown> | undefined)?.[name];
  return typeof part === 'string' ? part : null;
}
