/** The context of every command: the environment, the client on first use, and the exit code. */
import type { Client } from '../client/client.ts';
import type { CliEnvironment } from './environment.ts';
import { type OutputFormat, writeData } from './output/data.ts';
import { createPaint, type Paint } from './output/paint.ts';
import { counted } from './output/quantity.ts';
import type { ViewOptions } from './views/view.ts';

export class CliContext {
  readonly environment: CliEnvironment;
  readonly paint: Paint;
  /** Aborted when the output is no longer read. */
  readonly unread: AbortSignal;
  exitCode = 0;
  /** Name of the document that errors with lines refer to. */
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

  /** For text beside the data: progress, hints, questions. */
  say(text: string): void {
    this.environment.stderr.write(`${text}\n`);
  }

  /** Data in the API's form, or the result of `table`. */
  async show<T>(format: OutputFormat, data: T, table: (data: T) => string): Promise<void> {
    this.print(format === 'table' ? table(data) : await writeData(format, data));
  }

  /** As `show`. A last line beside the data says how many rows (`singular` is one) are missing because the controller cannot read them. */
  async showReadable<T>(
    format: OutputFormat,
    singular: string,
    read: (missing: (count: number) => void) => Promise<T>,
    table: (data: T) => string,
  ): Promise<void> {
    let missing = 0;
    const data = await read((count) => {
      missing = count;
    });
    await this.show(format, data, table);
    if (missing === 0) return;
    const verb = missing === 1 ? 'is' : 'are';
    this.say(`${counted(missing, singular)} cannot be read and ${verb} missing here; \`croft doctor\` says why and what to do`);
  }

  /** The options of the views, as of now. */
  view(): ViewOptions {
    return { width: this.environment.width, paint: this.paint, now: Date.now() };
  }

  async #connect(): Promise<Client> {
    const local = await this.environment.local();
    return await this.environment.connect(await local.connection());
  }
}
