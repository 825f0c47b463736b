/** What every command is given: the environment, the client once it is asked for, and the code to exit with. */
import type { Client } from '../client/client.ts';
import type { CliEnvironment } from './environment.ts';
import { type OutputFormat, writeData } from './output/data.ts';
import { createPaint, type Paint } from './output/paint.ts';
import type { ViewOptions } from './views/view.ts';

export class CliContext {
  readonly environment: CliEnvironment;
  readonly paint: Paint;
  /** Aborted when nobody reads the output any more. */
  readonly unread: AbortSignal;
  exitCode = 0;
  /** Name of the document that errors with lines are about. */
  inputName: string | null = null;
  #client: Promise<Client> | null = null;

  constructor(environment: CliEnvironment) {
    this.environment = environment;
    this.paint = createPaint(environment.color);
    const unread = new AbortController();
    this.unread = unread.signal;
    environment.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      unread.abort();
    });
  }

  client(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  print(text: string): void {
    if (text !== '' && !this.unread.aborted) this.environment.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** For what is said beside the data: progress, hints, questions. */
  say(text: string): void {
    this.environment.stderr.write(`${text}\n`);
  }

  /** Data as it came from the API, or what `table` makes of it. */
  async show<T>(format: OutputFormat, data: T, table: (data: T) => string): Promise<void> {
    this.print(format === 'table' ? table(data) : await writeData(format, data));
  }

  /** What the views need to know, as of now. */
  view(): ViewOptions {
    return { width: this.environment.width, paint: this.paint, now: Date.now() };
  }

  async #connect(): Promise<Client> {
    const local = await this.environment.local();
    return await this.environment.connect(await local.connection());
  }
}
