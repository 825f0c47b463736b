/** A controller's hold on a PostgreSQL database: a lock of a session of its own, so that it ends with the process or its connection. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';

/** The advisory lock of the controller, "CROFU" in ASCII: one more than that of writers. */
const controllerLock = 0x43524f4655;
/** ms between attempts to have it again after the connection was lost. */
const pause = 1_000;

/** Takes it; null where another session has it. Should the server end the connection it is taken again, or `lost` is called where another has it then. */
export async function occupyPostgres(config: ClientConfig, lost: () => void): Promise<AsyncDisposable | null> {
  const over = new AbortController();
  let held = await hold(config);
  if (held === null) return null;
  const watch = async (): Promise<void> => {
    while (held !== null) {
      await held.ended;
      if (over.signal.aborted) return;
      held = await again(config, over.signal);
      // Given up while it was taken: nobody else knows of this connection.
      if (over.signal.aborted) return await held?.client.end();
    }
    lost();
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await held?.client.end();
      await watching;
    },
  };
}

/** So that the server lets go of it within a minute where this machine died: runtime-config-connection.html of its manual. */
const keepAlive = 'set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3';

interface Held {
  client: Client;
  /** Resolves when the connection has ended, however it did. */
  ended: Promise<void>;
}

/** Null where another session has it; rejects where the server cannot be reached. */
async function hold(config: ClientConfig): Promise<Held | null> {
  const client = new Client(config);
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
  });
  // What becomes of the connection is told by its end.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(keepAlive);
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [controllerLock]);
  if (rows[0]?.taken === true) return { client, ended };
  await client.end();
  return null;
}

async function again(config: ClientConfig, signal: AbortSignal): Promise<Held | null> {
  for (;;) {
    await delay(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
    try {
      return await hold(config);
    } catch {
      // The server is away still; all else that asks it says so.
    }
  }
}
