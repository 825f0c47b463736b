/** The principals: who makes a request, and who is recorded as its actor. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';

/**
 * administrator: may do everything, and owns everything from before there were owners. member: works with its own slices. system: the
 * controller's loops. anonymous: a request without a token, where none is needed.
 */
export const principalKinds = ['administrator', 'member', 'system', 'anonymous'] as const;

/** The name is stored as the owner of rows and the actor of events, so it never changes. */
export const principalSchema = z.object({ kind: z.enum(principalKinds), name: nameSchema });
export type Principal = Readonly<z.infer<typeof principalSchema>>;

export const administrator: Principal = { kind: 'administrator', name: 'admin' };
export const system: Principal = { kind: 'system', name: 'system' };
export const anonymous: Principal = { kind: 'anonymous', name: 'anonymous' };

/** Names of other kinds of principals are not available to members. */
export const memberNameSchema = nameSchema.refine(
  (name) => ![administrator, system, anonymous].some((other) => other.name === name),
  'the name is reserved',
);
