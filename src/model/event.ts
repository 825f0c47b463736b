/** Events, in the order in which they were recorded; the audit trail and the live progress are both read from them. */
import { z } from 'zod';
import { system } from './access/principal.ts';
import { type EventData, type EventKind, eventData } from './event-data.ts';

export const stepSchema = z.object({ name: z.string(), state: z.enum(['started', 'done', 'failed']), duration: z.number().nullable() });

/** Common fields of all events. */
const frameSchema = z.object({
  sequence: z.int(),
  /** ms since 1970. */
  at: z.int(),
  /** Names of the event's subject; null where a field does not apply. */
  node: z.string().nullable(),
  slice: z.string().nullable(),
  vm: z.string().nullable(),
  /** For people. */
  message: z.string(),
  /** For `vm.step` and others: the step, its state and, when it ended, its duration in ms. */
  step: stepSchema.nullable(),
  /** The actor: the name of a principal, `system` for the controller's own actions. Null where it was recorded without. */
  actor: z.string().nullable().default(null),
});
type Frame = z.infer<typeof frameSchema>;

export const dataSchema = z.record(z.string(), z.unknown());

/** An event of another version: of a kind unknown here, or recorded without data. */
const otherSchema = z.looseObject({ kind: z.string(), data: dataSchema.nullable() });

type KnownEvent = { [Kind in EventKind]: Frame & { kind: Kind; data: EventData<Kind> } }[EventKind];
export type Event = KnownEvent | (Frame & { kind: string; data: Record<string, unknown> | null });

/** Accepts any event, whichever version recorded it. */
export const eventSchema: z.ZodType<Event> = z
  .intersection(
    z.looseObject(frameSchema.shape),
    z
      .union([...Object.entries(eventData).map(([kind, data]) => z.looseObject({ kind: z.literal(kind), data })), otherSchema])
      .meta({ id: 'EventData' }),
  )
  .meta({ id: 'Event' });

type Subject = Partial<Pick<Frame, 'node' | 'slice' | 'vm' | 'step'>> & { actor?: string };
type RecordedKind = Exclude<EventKind, 'events.gap'>;
type DataOf<Kind extends EventKind> = Record<never, never> extends EventData<Kind> ? { data?: EventData<Kind> } : { data: EventData<Kind> };
/** An event before it is recorded. */
export type NewEvent = { [Kind in RecordedKind]: Subject & { kind: Kind; message: string } & DataOf<Kind> }[RecordedKind];

/**
 * The first event of a list for a reader whose cursor is above the newest event, for example after a backup was restored into another
 * controller. All kept events follow, which begin after `pruned`. `now` is in ms since 1970.
 */
export function unknownCursorGap(after: number, newest: number, pruned: number, now: number): Event {
  return {
    ...{ sequence: pruned, at: now, kind: 'events.gap', node: null, slice: null, vm: null, step: null },
    message: `event ${after} is not known here, the newest is ${newest}, as after a restore; what follows are all events that are kept`,
    data: { from: newest + 1, to: after },
    actor: system.name,
  };
}

/** Stands in a list in place of those after sequence `after` up to `pruned`, which are no longer kept. `now` is in ms since 1970. */
export function eventGap(after: number, pruned: number, now: number): Event {
  const which = pruned === after + 1 ? `event ${pruned} is` : `events ${after + 1} to ${pruned} are`;
  return {
    ...{ sequence: pruned, at: now, kind: 'events.gap', node: null, slice: null, vm: null, step: null },
    message: `${which} no longer kept; what follows begins after ${pruned === after + 1 ? 'it' : 'them'}`,
    data: { from: after + 1, to: pruned },
    actor: system.name,
  };
}
