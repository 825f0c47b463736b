/** Who asks for something, and who is said to have done it. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';

/**
 * administrator: may do everything, and owns what was there before owners. member: works with its own slices. system: the
 * controller's loops. anonymous: a request without a token, where none is needed.
 */
export const principalKinds = ['administrator', 'member', 'system', 'anonymous'] as const;

/** The name is what owners of rows and actors of events are stored as, so it stays the same for good. */
export const principalSchema = z.object({ kind: z.enum(principalKinds), name: nameSchema });
export type Principal = Readonly<z.infer<typeof principalSchema>>;

export const administrator: Principal = { kind: 'administrator', name: 'admin' };
export const system: Principal = { kind: 'system', name: 'system' };
export const anonymous: Principal = { kind: 'anonymous', name: 'anonymous' };

/** Names of other kinds of principals are no member's. */
export const memberNameSchema = nameSchema.refine(
  (name) => ![administrator, system, anonymous].some((other) => other.name === name),
  'the name is reserved',
);
