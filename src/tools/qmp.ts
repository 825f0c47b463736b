/** QMP, the control protocol of a running QEMU: one JSON object per line. Source: QEMU's docs/interop/qmp-spec. */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { CroftError } from '../model/error.ts';

const messageSchema = z.object({
  QMP: z.unknown().optional(),
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
type Message = z.infer<typeof messageSchema>;

/** A longer line is no QMP: the largest answers have some hundred kilobytes. */
const longestLine = 4 * 1024 * 1024;

/** Receives an event's name, such as POWERDOWN, and its data. */
export type OnQmpEvent = (name: string, data: Record<string, unknown>) => void;

interface Expected extends Waiting {
  name: string;
  matches(data: Record<string, unknown>): boolean;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: CroftError): void;
}

/** A session with one QEMU. QEMU serves one session at a time: another session waits, unanswered, until this one is closed. */
export class QmpSession {
  /** Resolves when the connection ended, by either side. */
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #timeout: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: OnQmpEvent;
  readonly #expected = new Set<Expected>();
  #partial = '';
  #lastId = 0;

  private constructor(stream: Duplex, timeout: number, onEvent: OnQmpEvent) {
    this.#stream = stream;
    this.#timeout = timeout;
    this.#onEvent = onEvent;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    const end = (cause?: Error): void => {
      resolve();
      this.#failAll(new CroftError('vm.not-running', 'QEMU closed its control socket', { cause }));
      stream.destroy();
    };
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#receive(text));
    stream.on('error', end).on('end', end).on('close', end);
  }

  /**
   * Waits for the greeting and ends the negotiation. `timeout` in ms holds for this and for each command. Rejects with `command.timeout`
   * where QEMU is silent, `vm.not-running` where it closes the connection.
   */
  static async open(stream: Duplex, timeout = 5_000, onEvent: OnQmpEvent = () => {}): Promise<QmpSession> {
    const session = new QmpSession(stream, timeout, onEvent);
    try {
      await session.#answer(greeting, 'greeting', timeout);
      await session.execute('qmp_capabilities');
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Runs a command and resolves with its `return`. Rejects with `command.failed` and QEMU's words where QEMU refuses the command. */
  async execute(command: string, parameters: Record<string, unknown> = {}, timeout = this.#timeout): Promise<unknown> {
    this.#lastId += 1;
    const answer = this.#answer(this.#lastId, command, timeout);
    this.#stream.write(`${JSON.stringify({ execute: command, arguments: parameters, id: this.#lastId })}\n`);
    return await answer;
  }

  /**
   * Resolves with the next event of that name that matches. Called before the command that leads to the event; the promise may be ignored
   * where the command fails. Rejects with `command.timeout`, `vm.not-running`.
   */
  event(name: string, matches: Expected['matches'], timeout: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const expected = { name, matches, resolve, reject };
    this.#expected.add(expected);
    const timer = setTimeout(() => reject(new CroftError('command.timeout', `QEMU did not report ${name} within ${timeout} ms`)), timeout);
    const over = (): void => {
      clearTimeout(timer);
      this.#expected.delete(expected);
    };
    promise.then(over, over);
    return promise;
  }

  close(): void {
    this.#stream.destroy();
  }

  async #answer(id: number, what: string, timeout: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const timer = setTimeout(
      () => reject(new CroftError('command.timeout', `QEMU did not answer (${what}) within ${timeout} ms`)),
      timeout,
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #receive(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    if (this.#partial.length > longestLine) this.#stream.destroy();
    for (const line of lines) {
      if (line.trim() !== '') this.#handle(line);
    }
  }

  #handle(line: string): void {
    const message = parseMessage(line);
    if (message === null) {
      this.#failAll(new CroftError('command.failed', `QEMU's control socket said something else than QMP: ${line.slice(0, 200)}`));
    } else if (message.event !== undefined) {
      this.#tell(message.event, message.data ?? {});
    } else if (message.QMP !== undefined) {
      this.#waiting.get(greeting)?.resolve(message.QMP);
    } else if (message.error !== undefined) {
      const refusal = new CroftError('command.failed', `QEMU refused: ${message.error.desc}`);
      if (message.id === undefined) this.#failAll(refusal);
      else this.#waiting.get(message.id)?.reject(refusal);
    } else if (message.id !== undefined) {
      this.#waiting.get(message.id)?.resolve(message.return);
    }
  }

  #tell(name: string, data: Record<string, unknown>): void {
    for (const expected of this.#expected) if (expected.name === name && expected.matches(data)) expected.resolve(data);
    this.#onEvent(name, data);
  }

  #failAll(error: CroftError): void {
    for (const { reject } of [...this.#waiting.values(), ...this.#expected]) reject(error);
  }
}

/** The wait for the greeting uses a number that no command gets. */
const greeting = 0;

function parseMessage(line: string): Message | null {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
