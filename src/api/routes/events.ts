/** Events, as a list and as a live stream. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { listedOwner } from '../../access/authorize.ts';
import type { Principal } from '../../model/access/principal.ts';
import { partsOfSliceName, sliceAddressSchema, sliceMeantBy } from '../../model/access/slice-name.ts';
import { type Event, eventSchema } from '../../model/event.ts';
import { latestEventAnswerSchema } from '../../model/operations.ts';
import { access } from '../authorization.ts';
import { eventStream } from '../event-stream.ts';
import { presentEvent } from '../present/record.ts';
import { countSchema, problems, type Routes, rawBody } from '../route.ts';

const heartbeat = 15_000;
const gapNote =
  'Where events after the start are no longer kept, an event of kind `events.gap` stands in their place. Where the start is above the newest event, as after a restore into another controller, an `events.gap` comes first, and then all events that are kept: continue from their sequences.';
const sequenceSchema = countSchema(0, Number.MAX_SAFE_INTEGER);

export const eventRoutes: Routes = (api, { store, changes }) => {
  const closing = new AbortController();
  api.addHook('preClose', async () => closing.abort());

  api.get(
    '/v1/events',
    {
      config: access('event.read', 'asker'),
      schema: {
        summary: 'List events after a sequence, oldest first',
        description: gapNote,
        operationId: 'listEvents',
        tags: ['events'],
        querystring: z.object({ after: sequenceSchema.default(0), limit: countSchema(1, 1000).default(200) }),
        response: { 200: z.array(eventSchema), ...problems() },
      },
    },
    async ({ principal, query }) => {
      const events = await store.events.after(query.after, query.limit, listedOwner(principal, 'event.read') ?? undefined);
      return events.map((event) => presentEvent(event, principal));
    },
  );

  api.get(
    '/v1/events/latest',
    {
      config: access('event.read', 'asker'),
      schema: {
        summary: 'Tell the newest sequence, from which a stream misses nothing from now on',
        operationId: 'getLatestEvent',
        tags: ['events'],
        response: { 200: latestEventAnswerSchema, ...problems() },
      },
    },
    async () => ({ sequence: await store.events.latest() }),
  );

  api.get(
    '/v1/events/stream',
    {
      config: access('event.read', 'slice'),
      schema: {
        summary: 'Follow events as Server-Sent Events; without a start only new ones',
        description: gapNote,
        operationId: 'followEvents',
        tags: ['events'],
        headers: z.object({ 'last-event-id': sequenceSchema.optional() }),
        querystring: z.object({ after: sequenceSchema.optional(), slice: sliceAddressSchema.optional() }),
        response: { 200: rawBody('text/event-stream', 'Each message is one event; its id is the sequence'), ...problems() },
      },
    },
    async ({ principal, query, headers }, reply) => {
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const text = eventStream({
        events: store.events,
        changes,
        after: headers['last-event-id'] ?? query.after ?? null,
        show: shownTo(principal, query.slice === undefined ? null : sliceMeantBy(principal, query.slice)),
        heartbeat,
        signal: AbortSignal.any([left.signal, closing.signal]),
      });
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .send(Readable.from(text, { highWaterMark: 1 }) as never);
    },
  );
};

/**
 * The part of an event that a reader sees, null for none: only events of the reader's own slices where the reader may see no others, and
 * of one of these slices on request.
 */
function shownTo(reader: Principal, slice: string | null): (event: Event) => Event | null {
  const owner = listedOwner(reader, 'event.read');
  return (event) => {
    if (event.kind === 'events.gap') return event;
    if (slice !== null && event.slice !== slice) return null;
    if (owner !== null && (event.slice === null || partsOfSliceName(event.slice).owner !== owner)) return null;
    return presentEvent(event, reader);
  };
}
