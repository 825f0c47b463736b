/** The events of a controller, gathered from the start, to wait for one that matters. */
import type { Client } from '../../src/client/client.ts';
import type { Event } from '../../src/model/event.ts';
import { until } from '../support/until.ts';

const patience = 90_000;

export class EventLog implements AsyncDisposable {
  readonly all: Event[] = [];
  readonly #end = new AbortController();
  readonly #gathering: Promise<void>;

  constructor(client: Client) {
    this.#gathering = this.#gather(client);
  }

  /** Sequence of the newest event seen. */
  get now(): number {
    return this.all.at(-1)?.sequence ?? 0;
  }

  /** The first event of that kind after `after` that fits; rejects with what came instead when none does in time. */
  async next(kind: string, options: { after: number; slice?: string; vm?: string; node?: string; says?: RegExp }): Promise<Event> {
    const fits = (event: Event): boolean =>
      event.sequence > options.after &&
      event.kind === kind &&
      (options.slice === undefined || event.slice === options.slice) &&
      (options.vm === undefined || event.vm === options.vm) &&
      (options.node === undefined || event.node === options.node) &&
      (options.says === undefined || options.says.test(event.message));
    try {
      return await until(`event ${kind}`, async () => this.all.find(fits), patience);
    } catch (cause) {
      throw new Error(`no event ${kind} ${JSON.stringify(options)} ${options.says ?? ''} but:\n${this.#since(options.after)}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#gathering;
  }

  async #gather(client: Client): Promise<void> {
    for await (const event of client.events.follow({ after: 0 }, this.#end.signal)) this.all.push(event);
  }

  #since(after: number): string {
    const lines = this.all.filter(({ sequence }) => sequence > after);
    return lines.map(({ kind, node, slice, vm, message }) => `${kind} ${node ?? ''} ${slice ?? ''}/${vm ?? ''}: ${message}`).join('\n');
  }
}
