/** `croft serve` with simulated nodes as a process of its own, on a home of its own, and a PostgreSQL database that others have too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../src/client/client.ts';
import { ensureToken, homeAt, makeHome } from '../../src/controller/home.ts';
import { findController } from '../../src/controller/presence.ts';
import type { RoleAnswer } from '../../src/model/leader.ts';
import { until } from '../support/until.ts';

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Runs `croft` with these words on the home in that folder; `inside` is a command that runs another one elsewhere. */
export function startCroft(folder: string, words: readonly string[], inside: readonly string[] = []): ChildProcess {
  const [program = '', ...rest] = [...inside, process.execPath, '--disable-warning=ExperimentalWarning', mainFile, ...words];
  return spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, CROFT_HOME: folder } });
}

/** What `croft serve` is told. */
export function serveWords(database: string): string[] {
  return ['serve', '--port', '0', '--database', database, '--simulate', 'nodes=3', '--interval', '2'];
}

export class ServeProcess implements AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly client: Client;
  readonly #child: ChildProcess;

  private constructor(folder: string, url: string, client: Client, child: ChildProcess) {
    this.folder = folder;
    this.url = url;
    this.client = client;
    this.#child = child;
  }

  /** Resolves once it answers, in whichever role. */
  static async start(database: string, patience: number): Promise<ServeProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'croft-standby-'));
    const home = homeAt(folder);
    await makeHome(home);
    const token = await ensureToken(home);
    const child = startCroft(folder, serveWords(database));
    const url = await until('it answers', async () => (await findController(home))?.url || undefined, patience);
    return new ServeProcess(folder, url, createClient({ url, token }), child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async health(): Promise<RoleAnswer> {
    return (await (await fetch(`${this.url}/healthz`)).json()) as RoleAnswer;
  }

  /** The status that a load balancer goes by. */
  async readiness(): Promise<number> {
    return (await fetch(`${this.url}/readyz`)).status;
  }

  async leads(): Promise<boolean> {
    return await this.readiness().then(
      (status) => status === 200,
      () => false,
    );
  }

  /** Its exit code, null where a signal ended it; resolves when it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
