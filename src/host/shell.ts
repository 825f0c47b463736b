/** A framed command protocol over one open POSIX shell: many commands in one write, their answers without further round trips. */
import { CroftError } from '../model/error.ts';
import type { Channel } from './channel.ts';
import { commandInput, newMarker, shellPrelude } from './frame.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import type { Command, CommandResult } from './host.ts';

export const defaultTimeout = 30_000;
/** The largest output of one command on one stream, in bytes; larger output belongs into `Host.spawn`. */
export const defaultOutputLimit = 64 * 1024 * 1024;

/** A command that the shell cannot end by itself: the command and the shell must be killed on the node. */
export class Overrun extends Error {
  readonly reason: 'time' | 'output';
  readonly command: Command;
  readonly token: string;

  constructor(reason: 'time' | 'output', command: Command, token: string) {
    super(`command overran its ${reason} limit`);
    this.reason = reason;
    this.command = command;
    this.token = token;
  }
}

/** The shell ended, by itself or because the connection was lost. `code` is null in the latter case. */
export class ShellEnded extends Error {
  readonly code: number | null;

  constructor(code: number | null, lastWords: string) {
    super(lastWords);
    this.code = code;
  }
}

export interface ShellOptions {
  /** ms within which a new shell must answer. */
  patience?: number;
  /** The largest output of one command on one stream, in bytes. */
  outputLimit?: number;
}

interface Running {
  commands: readonly Command[];
  tokens: string[];
  results: CommandResult[];
  timer: NodeJS.Timeout | undefined;
  resolve(results: CommandResult[]): void;
  reject(reason: Error): void;
}

export class Shell {
  readonly #channel: Channel;
  readonly #stdout: FrameReader;
  readonly #stderr: FrameReader;
  readonly #waiting: { stdout: Frame[]; stderr: Frame[] } = { stdout: [], stderr: [] };
  #running: Running | undefined;
  #greeted: ((processId: number) => void) | undefined;
  #ended: ShellEnded | undefined;
  /** Its process id on the node. */
  processId = 0;

  private constructor(channel: Channel, marker: string, limit: number) {
    this.#channel = channel;
    const reader = (stream: 'stdout' | 'stderr') => {
      const overflow = () => this.#overrun('output');
      const frames = new FrameReader(marker, limit, (frame) => this.#receive(stream, frame), overflow);
      channel[stream].on('data', (chunk: Buffer) => frames.push(chunk));
      channel[stream].on('error', () => channel.destroy());
      return frames;
    };
    this.#stdout = reader('stdout');
    this.#stderr = reader('stderr');
    channel.stdin.on('error', () => channel.destroy());
    void channel.ended.then((code) => this.#end(code));
  }

  /**
   * Takes over a shell that was just started; output of start-up files before its first answer is dropped. Rejects with ShellEnded where
   * the shell ends at once, and with ShellEnded(null) where it does not answer for `patience` ms.
   */
  static async open(channel: Channel, { patience = 15_000, outputLimit = defaultOutputLimit }: ShellOptions = {}): Promise<Shell> {
    const marker = newMarker();
    const shell = new Shell(channel, marker, outputLimit);
    channel.stdin.write(shellPrelude(marker));
    let timer: NodeJS.Timeout | undefined;
    const greeting = new Promise<number>((resolve) => {
      shell.#greeted = resolve;
    });
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new ShellEnded(null, `the shell did not answer within ${patience} ms ${shell.#lastWords}`)),
        patience,
      );
      void channel.ended.then(() => reject(shell.#ended));
    });
    try {
      shell.processId = await Promise.race([greeting, silence]);
      return shell;
    } catch (error) {
      channel.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** The running command, for killing it; undefined when the shell is idle. */
  get current(): { command: Command; token: string } | undefined {
    const running = this.#running;
    const command = running?.commands[running.results.length];
    const token = running?.tokens[running.results.length];
    return command === undefined || token === undefined ? undefined : { command, token };
  }

  /**
   * Runs the commands one after the other; one batch at a time. Rejects with an Overrun, after which the shell still
   * hangs and must be killed, or with ShellEnded.
   */
  async batch(commands: readonly Command[]): Promise<CommandResult[]> {
    if (this.#running !== undefined) throw new CroftError('internal', 'Two batches at once in one shell.');
    if (this.#ended !== undefined) throw this.#ended;
    const tokens = commands.map(newMarker);
    const input = commands.map((command, index) => commandInput(command, tokens[index] as string)).join('');
    return await new Promise<CommandResult[]>((resolve, reject) => {
      this.#running = { commands, tokens, results: [], timer: undefined, resolve, reject };
      this.#startTimer();
      this.#channel.stdin.write(input);
    });
  }

  /** Ends the connection to the shell; the batch in progress rejects with ShellEnded. */
  close(): void {
    this.#channel.destroy();
    this.#end(null);
  }

  #receive(stream: 'stdout' | 'stderr', frame: Frame): void {
    this.#waiting[stream].push(frame);
    const { stdout, stderr } = this.#waiting;
    while (stdout.length > 0 && stderr.length > 0) this.#complete(stdout.shift() as Frame, stderr.shift() as Frame);
  }

  /** After signal n most shells report 128 + n, and ksh93, which is the sh of illumos, reports 256 + n. */
  #complete(stdout: Frame, stderr: Frame): void {
    const said = Number(stdout.trailer);
    const running = this.#running;
    if (running === undefined) {
      this.#greeted?.(said);
      return;
    }
    running.results.push({ code: said > 256 ? said - 128 : said, stdout: stdout.body.toString(), stderr: stderr.body.toString() });
    clearTimeout(running.timer);
    if (running.results.length < running.commands.length) {
      this.#startTimer();
    } else {
      this.#running = undefined;
      running.resolve(running.results);
    }
  }

  #startTimer(): void {
    const limit = this.current?.command.timeout ?? defaultTimeout;
    if (this.#running !== undefined) this.#running.timer = setTimeout(() => this.#overrun('time'), limit);
  }

  #overrun(reason: 'time' | 'output'): void {
    const current = this.current;
    if (current === undefined) this.#channel.destroy();
    else this.#reject(new Overrun(reason, current.command, current.token));
  }

  #end(code: number | null): void {
    this.#ended ??= new ShellEnded(code, this.#lastWords);
    this.#reject(this.#ended);
  }

  #reject(reason: Error): void {
    clearTimeout(this.#running?.timer);
    this.#running?.reject(reason);
    this.#running = undefined;
  }

  get #lastWords(): string {
    return [this.#stderr.unfinished, this.#stdout.unfinished].filter((words) => words !== '').join('\n');
  }
}
