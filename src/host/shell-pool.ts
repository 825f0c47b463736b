/** A few open shells on one node: a batch takes an idle shell or waits; a hung command is killed without stopping the others. */
import { CroftError } from '../model/error.ts';
import type { Command, CommandResult } from './host.ts';
import { killTree } from './kill-tree.ts';
import { commandLabel } from './quote.ts';
import { defaultOutputLimit, defaultTimeout, Overrun, type Shell, ShellEnded } from './shell.ts';

export interface ShellPoolOptions {
  /** The node's name, for messages. */
  node: string;
  /** How many batches run at the same time. */
  size: number;
  /** Opens one more shell; rejects with a CroftError. */
  open(): Promise<Shell>;
}

export class ShellPool {
  readonly #options: ShellPoolOptions;
  readonly #idle: Shell[] = [];
  readonly #busy = new Set<Shell>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #closed = false;
  /** An additional shell, so that a hung command can be killed even while all others hang. */
  #killer: Shell | undefined;
  /** Settles when the requested kills are done: they run one after the other through that shell. */
  #kills: Promise<void> = Promise.resolve();

  constructor(options: ShellPoolOptions) {
    this.#options = options;
    this.#free = options.size;
  }

  /** Runs a batch; see `Host.batch`. */
  async batch(commands: readonly Command[]): Promise<CommandResult[]> {
    if (commands.length === 0) return [];
    await this.#takeTurn();
    try {
      return await this.#runIn(await this.#shell(), commands);
    } finally {
      this.#passTurn();
    }
  }

  /** Kills the processes of a command; `processId` as for `killTree`. Resolves when all of them are dead, rejects where some survive. */
  async kill(processId: number, token: string): Promise<void> {
    const kill = this.#kills.then(() => this.#killNow(killTree(processId, token)));
    this.#kills = kill.catch(() => undefined);
    await kill;
  }

  /** Kills the processes of batches in progress and gives all shells up; those batches and the waiting ones reject. */
  async close(): Promise<void> {
    this.#closed = true;
    const kills = [...this.#busy].map(async (shell) => {
      const token = shell.current?.token;
      if (token !== undefined) await this.kill(shell.processId, token);
    });
    await Promise.allSettled(kills);
    for (const shell of [...this.#busy, ...this.#idle]) shell.close();
    this.#killer?.close();
  }

  async #takeTurn(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #passTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  async #shell(): Promise<Shell> {
    if (this.#closed) throw this.#unreachable('the connection was closed');
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) if (shell.isOpen) return shell;
    return await this.#options.open();
  }

  async #runIn(shell: Shell, commands: readonly Command[]): Promise<CommandResult[]> {
    this.#busy.add(shell);
    try {
      const results = await shell.batch(commands);
      this.#idle.push(shell);
      return results;
    } catch (error) {
      if (error instanceof Overrun) throw await this.#stop(shell, error);
      shell.close();
      if (!(error instanceof ShellEnded)) throw error;
      throw this.#unreachable(`the shell ended while it ran ${commandLabel(commands[0]?.argv ?? [])}`, error);
    } finally {
      this.#busy.delete(shell);
    }
  }

  /** Kills the overrun command with its shell; resolves with the error to throw. */
  async #stop(shell: Shell, overrun: Overrun): Promise<CroftError> {
    const { node } = this.#options;
    const label = commandLabel(overrun.command.argv);
    const killed = await this.kill(shell.processId, overrun.token).then(
      () => 'It and all that it started were killed.',
      (error: Error) => `Killing it failed too: ${error.message}`,
    );
    shell.close();
    if (overrun.reason === 'output') {
      return new CroftError(
        'command.failed',
        `${label} on ${node} printed too much for one answer (the limit is ${defaultOutputLimit / 1024 ** 2} MiB). ${killed}`,
        { node, cause: overrun },
      );
    }
    const seconds = (overrun.command.timeout ?? defaultTimeout) / 1000;
    return new CroftError('command.timeout', `${label} on ${node} did not end within ${seconds} s. ${killed}`, {
      node,
      cause: overrun,
      hint: `Look on ${node} what it waits for (load, a hung disk, a lock) and try again.`,
    });
  }

  async #killNow(command: Command): Promise<void> {
    if (!this.#killer?.isOpen) this.#killer = await this.#options.open();
    try {
      const [result] = await this.#killer.batch([command]);
      if (result?.code !== 0) throw new Error(result?.stderr.trim());
    } catch (error) {
      this.#killer.close();
      throw error;
    }
  }

  #unreachable(what: string, cause?: unknown): CroftError {
    const { node } = this.#options;
    return new CroftError('node.unreachable', `Node ${node}: ${what}.`, {
      node,
      cause,
      hint: 'It is tried again at the next use; check the machine and its SSH server if it lasts.',
    });
  }
}
