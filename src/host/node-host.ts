/** A node reached through some connection: commands through a pool of root shells, programs and sockets beside them. */
import type { Duplex } from 'node:stream';
import { CroftError } from '../model/error.ts';
import type { Connect, Connection } from './channel.ts';
import type { Command, CommandResult, Host, HostProcess, Login } from './host.ts';
import { readLogin } from './login.ts';
import { ProgramNotStarted, startProgram } from './program.ts';
import { Shell, ShellEnded } from './shell.ts';
import { ShellPool } from './shell-pool.ts';

export interface NodeHostOptions {
  /** The node's name, for messages. */
  name: string;
  connect: Connect;
  /** Whether privileges are raised by `sudo -n`; null: exactly where the login is not root. */
  sudo: boolean | null;
}

/** The number of batches that run at the same time: an SSH server allows 10 sessions on one connection by default. */
const shells = 4;

interface Session {
  connection: Connection;
  login: Login;
  /** The command that starts a root shell. */
  shell: string;
  pool: ShellPool;
  programs: Set<HostProcess>;
}

export class NodeHost implements Host {
  readonly name: string;
  readonly #options: NodeHostOptions;
  /** The session, or the attempt to open it, that all calls share; absent until the first use and after a loss. */
  #session: Promise<Session> | undefined;
  #ended = false;

  constructor(options: NodeHostOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async batch(commands: readonly Command[]): Promise<CommandResult[]> {
    const { pool } = await this.#connected();
    return await pool.batch(commands);
  }

  async spawn({ argv }: Pick<Command, 'argv'>): Promise<HostProcess> {
    const session = await this.#connected();
    const { connection, shell, pool, programs } = session;
    const kill = (processId: number, token: string) => pool.kill(processId, token);
    try {
      const program = await startProgram({ connection, shell, argv, kill, lost: () => this.#lost('the connection was lost') });
      programs.add(program);
      const forget = () => programs.delete(program);
      program.exited.then(forget, forget);
      return program;
    } catch (error) {
      throw error instanceof ProgramNotStarted ? this.#noShell(session, error) : error;
    }
  }

  async connect(path: string): Promise<Duplex> {
    const { connection } = await this.#connected();
    return await connection.socket(path);
  }

  async login(): Promise<Login> {
    return (await this.#connected()).login;
  }

  async close(): Promise<void> {
    const attempt = this.#session;
    this.#session = undefined;
    const session = await attempt?.catch(() => undefined);
    if (session === undefined) return;
    await Promise.allSettled([...session.programs].map((program) => program.kill()));
    await session.pool.close();
    session.connection.end();
    await session.connection.closed;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.close();
  }

  async #connected(): Promise<Session> {
    if (this.#ended) throw new CroftError('node.unreachable', `Node ${this.name} is not worked on any more.`, { node: this.name });
    this.#session ??= this.#begin();
    return await this.#session;
  }

  #begin(): Promise<Session> {
    const attempt = this.#establish();
    const forget = () => {
      if (this.#session === attempt) this.#session = undefined;
    };
    attempt.then((session) => session.connection.closed.then(forget), forget);
    return attempt;
  }

  async #establish(): Promise<Session> {
    const connection = await this.#options.connect();
    try {
      const { userId, ...login } = await readLogin(this.name, connection);
      const shell = (this.#options.sudo ?? userId !== 0) ? 'sudo -n /bin/sh' : '/bin/sh';
      const pool = new ShellPool({ node: this.name, size: shells, open: () => this.#openShell(session) });
      const session: Session = { connection, login, shell, pool, programs: new Set() };
      return session;
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  async #openShell(session: Session): Promise<Shell> {
    const channel = await session.connection.open(`exec ${session.shell}`);
    try {
      return await Shell.open(channel);
    } catch (error) {
      throw error instanceof ShellEnded ? this.#noShell(session, error) : error;
    }
  }

  /** The error for a shell that did not start. */
  #noShell(session: Session, ended: ShellEnded | ProgramNotStarted): CroftError {
    if (ended.code === null) return this.#lost(`no shell came up: ${ended.message || 'the connection was lost'}`, ended);
    const { user } = session.login;
    const words = ended.message || `exit code ${ended.code}`;
    if (session.shell === '/bin/sh') return this.#lost(`/bin/sh ended at once: ${words}`, ended);
    return new CroftError('node.sudo', `Node ${this.name} gives ${user} no root privileges through "sudo -n": ${words}`, {
      node: this.name,
      cause: ended,
      hint: `Log in as root, or install sudo on the node and add the line "${user} ALL=(root) NOPASSWD: ALL" by visudo.`,
    });
  }

  #lost(what: string, cause?: unknown): CroftError {
    const hint = 'The next use reconnects. If this lasts, check the machine and its SSH server.';
    return new CroftError('node.unreachable', `Node ${this.name}: ${what}.`, { node: this.name, hint, cause });
  }
}
