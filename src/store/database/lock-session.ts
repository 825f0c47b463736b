/** A dedicated connection to PostgreSQL that holds locks: the end of the connection is noticed within seconds, on either side. */
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig, type QueryResultRow } from 'pg';
import { deadPeers } from './dead-peers.ts';

/** ms between heartbeat queries. */
const beatEvery = 1_000;
/** ms within which the server answers: together with `beatEvery` less than the server's own limit, so that this side notices first. */
const answerTime = 3_000;

export class LockSession {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #over = new AbortController();
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;

  private constructor(client: Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      client.once('end', () => {
        this.#over.abort();
        resolve();
      });
    });
    // Errors of the connection are reported by its end.
    client.on('error', () => undefined);
  }

  /** Rejects where the server cannot be reached. */
  static async open(config: ClientConfig): Promise<LockSession> {
    const socket = new Socket();
    const session = new LockSession(new Client({ ...config, stream: () => socket }), socket);
    await session.#client.connect();
    await session.#client.query(deadPeers);
    void session.#beat();
    return session;
  }

  /** Resolves with the rows. A server that does not answer in time counts as gone: the connection ends, and the query rejects. */
  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    let answered = false;
    // Where this process itself was delayed, the answer has already arrived and is read first.
    const late = setTimeout(() => setImmediate(() => setImmediate(() => answered || this.#socket.destroy())), answerTime);
    try {
      return (await this.#client.query<Row>(text, values)).rows;
    } finally {
      answered = true;
      clearTimeout(late);
    }
  }

  /** Whether this session has the lock now; these calls never wait for the lock. */
  async tryLock(key: number): Promise<boolean> {
    const [row] = await this.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [key]);
    return row?.taken === true;
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#client.end().catch(() => undefined);
  }

  async #beat(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await delay(beatEvery, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.query('select 1').catch(() => undefined);
    }
  }
}
