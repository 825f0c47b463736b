/** `croft events`: past events, and new ones as they are recorded. */
import type { Command } from 'commander';
import type { Event } from '../../model/event.ts';
import { wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputFormat, type OutputOptions, withOutput, writeData } from '../output/data.ts';
import { eventLine } from '../views/record.ts';

interface EventsOptions extends OutputOptions {
  follow?: true;
  slice?: string;
  limit: number;
  since?: number;
}

export function registerEvents(events: Command, context: CliContext): void {
  withOutput(events)
    .option('--follow', 'go on showing what happens, until Ctrl-C')
    .option('--slice <slice>', 'only what is about a slice')
    .option('--since <sequence>', 'those after the event with this sequence (see -o json), the oldest first', wholeNumber(0))
    .option('--limit <count>', 'how many of those that happened', wholeNumber(1, 1000), 50);
  withExamples(events, 'croft events --limit 20', 'croft events --follow --slice hello', 'croft events --follow -o json | jq .message');
  events.action((options: EventsOptions) => showEvents(context, options));
}

async function showEvents(context: CliContext, { output, follow, slice, limit, since }: EventsOptions): Promise<void> {
  const client = await context.client();
  const { sequence } = await client.events.latest();
  const found = follow && since !== undefined ? [] : await (since === undefined ? recent : later)(context, since ?? sequence, slice, limit);
  if (!follow) {
    return await context.show(output, found, (events) =>
      events.length === 0 ? 'No events yet.' : events.map((event) => eventLine(event, context.environment.width)).join('\n'),
    );
  }
  for (const event of found) context.print(await following(context, output, event));
  const ending = new AbortController();
  const release = context.environment.onInterrupt(() => ending.abort());
  const filter = { after: since ?? sequence, ...(slice !== undefined && { slice }) };
  try {
    for await (const event of client.events.follow(filter, AbortSignal.any([ending.signal, context.unread]))) {
      context.print(await following(context, output, event));
    }
  } finally {
    release();
  }
}

/** The newest `limit` events up to `sequence`, oldest first; read backwards in windows, since the API reads forwards. */
async function recent(context: CliContext, sequence: number, slice: string | undefined, limit: number): Promise<Event[]> {
  const client = await context.client();
  let found: Event[] = [];
  for (let end = sequence; end > 0 && found.length < limit; end -= window) {
    const after = Math.max(0, end - window);
    const events = await client.events.list({ after, limit: end - after });
    const wanted = events.filter((event) => event.sequence <= end && event.kind !== 'events.gap' && isWanted(event, slice));
    found = [...wanted, ...found];
    // Nothing older is kept.
    if (events.length === 0 || events[0]?.kind === 'events.gap') break;
  }
  return found.slice(-limit);
}

/** The oldest `limit` events after `sequence`, preceded by a note about those no longer kept. */
async function later(context: CliContext, sequence: number, slice: string | undefined, limit: number): Promise<Event[]> {
  const client = await context.client();
  const found: Event[] = [];
  for (let after = sequence; found.length < limit; ) {
    const events = await client.events.list({ after, limit: window });
    found.push(...events.filter((event) => event.kind === 'events.gap' || isWanted(event, slice)));
    if (events.length < window) break;
    after = events.at(-1)?.sequence ?? after;
  }
  return found.slice(0, limit);
}

function isWanted(event: Event, slice: string | undefined): boolean {
  return slice === undefined || event.slice === slice;
}

const window = 1000;

/** A stream cannot be one JSON list, so each event is a document of its own. */
async function following(context: CliContext, output: OutputFormat, event: Event): Promise<string> {
  if (output === 'table') return eventLine(event, context.environment.width);
  return output === 'json' ? JSON.stringify(event) : `---\n${await writeData('yaml', event)}`;
}
