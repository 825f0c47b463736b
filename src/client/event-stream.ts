/** Follows the controller's events over Server-Sent Events, across lost connections, without missing or repeating an event. */
import { CroftError } from '../model/error.ts';
import { type Event, eventSchema } from '../model/event.ts';
import { type Message, readMessages } from './server-sent-events.ts';
import type { Transport } from './transport.ts';

const firstPause = 250;
const longestPause = 5_000;

/**
 * Yields events until `signal` is aborted. A failure of the first connection is thrown; after that the client reconnects forever, and
 * only an error that a retry cannot fix (such as `auth.required`) is thrown.
 */
export async function* followEvents(
  transport: Transport,
  filter: { after?: number; slice?: string },
  signal?: AbortSignal,
): AsyncGenerator<Event, void> {
  let seen = filter.after === undefined ? null : String(filter.after);
  let connected = false;
  let pause = firstPause;
  while (signal?.aborted !== true) {
    try {
      for await (const message of connect(transport, filter.slice, seen, signal)) {
        connected = true;
        pause = firstPause;
        seen = message.id ?? seen;
        if (message.data !== '') yield eventSchema.parse(JSON.parse(message.data));
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!connected || !isPassing(error)) throw error;
    }
    await elapsed(pause, signal);
    pause = Math.min(pause * 2, longestPause);
  }
}

async function* connect(
  transport: Transport,
  slice: string | undefined,
  seen: string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Message> {
  const body = await transport.stream('GET', '/v1/events/stream', {
    query: { slice },
    headers: { accept: 'text/event-stream', ...(seen !== null && { 'last-event-id': seen }) },
    signal,
  });
  yield* readMessages(body);
}

/** Any error counts as a broken connection, except the controller's own answer that the request itself is invalid. */
function isPassing(error: unknown): boolean {
  return !(error instanceof CroftError) || error.status >= 500;
}

/** Resolves after `ms`, at once when the signal is aborted. */
export function elapsed(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
