/** Events: what happened, in the order in which it was recorded; the audit trail and the live progress are both read from them. */
import { z } from 'zod';

/** `kind` is dotted, subject first: `vm.step`, `vm.state`, `node.status`, `node.exec`, `slice.applied`, `task.ended`. */
export const eventSchema = z
  .object({
    sequence: z.int(),
    /** ms since 1970. */
    at: z.int(),
    kind: z.string(),
    /** Names of what it is about; null where it does not apply. */
    node: z.string().nullable(),
    slice: z.string().nullable(),
    vm: z.string().nullable(),
    message: z.string(),
    /** For `vm.step`: the step, its state and, when it ended, how long it took in ms. */
    step: z.object({ name: z.string(), state: z.enum(['started', 'done', 'failed']), duration: z.number().nullable() }).nullable(),
    /** What happened, for programs; null where only the message says. */
    data: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'Event' });
export type Event = z.infer<typeof eventSchema>;
export type NewEvent = Omit<Event, 'sequence' | 'at' | 'node' | 'slice' | 'vm' | 'step' | 'data'> &
  Partial<Pick<Event, 'node' | 'slice' | 'vm' | 'step' | 'data'>>;

/** Stands in a list in place of those after sequence `after` up to `pruned`, which are no longer kept. `now` is in ms since 1970. */
export function eventGap(after: number, pruned: number, now: number): Event {
  const which = pruned === after + 1 ? `event ${pruned} is` : `events ${after + 1} to ${pruned} are`;
  return {
    ...{ sequence: pruned, at: now, kind: 'events.gap', node: null, slice: null, vm: null, step: null },
    message: `${which} no longer kept; what follows begins after ${pruned === after + 1 ? 'it' : 'them'}`,
    data: { from: after + 1, to: pruned },
  };
}
