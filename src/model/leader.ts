/** The leading controller among several with one database: the others stand by. */
import { z } from 'zod';

export const leaderSchema = z
  .object({
    /** The address of its API, as seen from its own machine. */
    url: z.string(),
    /** The name of its machine. */
    host: z.string(),
    pid: z.int(),
    /** ms since 1970. */
    since: z.int(),
  })
  .meta({ id: 'Leader' });
export type Leader = z.infer<typeof leaderSchema>;

export const controllerRoles = ['leader', 'standby'] as const;
export type ControllerRole = (typeof controllerRoles)[number];

/** `leader` is null where a controller has just taken the database and not registered yet. */
export const roleAnswerSchema = z.object({ status: z.literal('ok'), role: z.enum(controllerRoles), leader: leaderSchema.nullable() });
export type RoleAnswer = z.infer<typeof roleAnswerSchema>;

export function leaderWords(leader: Leader | null): string {
  return leader === null ? 'another controller' : `the controller at ${leader.url} (process ${leader.pid} on ${leader.host})`;
}
