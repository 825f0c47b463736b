/** What each route declares of who may use it, and the hooks that hold routes and requests to it. */
import type { FastifyRequest, RouteOptions } from 'fastify';
import { authorize, type Owner } from '../access/authorize.ts';
import type { Action } from '../model/access/action.ts';
import { splitSliceAddress } from '../model/access/slice-name.ts';
import { CroftError } from '../model/error.ts';
import { missing } from '../model/missing.ts';

/**
 * Where the owner of what a request asks for comes from. slice: the slice that the path or the query names, else who asks. query:
 * the owner that the query names, else who asks. asker: who asks; the handler shows no more than `listedOwner` says. shared:
 * nobody owns it.
 */
export type OwnerSource = 'slice' | 'query' | 'asker' | 'shared';

/** `open` needs no token. */
export type RouteAccess = 'open' | { readonly action: Action; readonly owner: OwnerSource };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route; one without it stops the start. */
    access?: RouteAccess;
  }
}

/** The declaration of a route, as its `config`. */
export function access(action: Action, owner: OwnerSource): { access: RouteAccess } {
  return { access: { action, owner } };
}

export const open: { access: RouteAccess } = { access: 'open' };

/** An `onRoute` hook: throws for a route that does not say who may use it. */
export function requireDeclaration({ method, url, config }: Pick<RouteOptions, 'method' | 'url' | 'config'>): void {
  if (config?.access !== undefined) return;
  throw new Error(`the route ${[method].flat().join(', ')} ${url} does not declare who may use it: give it a \`config: access(…)\``);
}

/** An `onRequest` hook behind the authentication: refuses before anything of the body is read. */
export async function enforceDeclaration(request: FastifyRequest): Promise<void> {
  const declared = request.routeOptions.config.access;
  // What no route answers declares nothing, and is answered with `not-found`.
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

/** Comes before the check of the request against its schema, which refuses what is no text. */
function partOf(parts: unknown, name: string): string | null {
  const part = (parts as Record<string, unknown> | undefined)?.[name];
  return typeof part === 'string' ? part : null;
}
