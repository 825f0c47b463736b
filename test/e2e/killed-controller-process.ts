/** A controller in a process of its own, on one home and one port, that is killed and started again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../src/client/client.ts';
import { ensureToken, type Home, homeAt, makeHome } from '../../src/controller/home.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export class ControllerProcess implements AsyncDisposable {
  readonly home: Home;
  /** Speaks to whichever controller serves the home now. */
  readonly client: Client;
  readonly #port: number;
  #child: ChildProcess | null = null;

  private constructor(home: Home, port: number, token: string) {
    this.home = home;
    this.#port = port;
    this.client = createClient({ url: `http://127.0.0.1:${port}`, token });
  }

  static async at(folder: string): Promise<ControllerProcess> {
    const home = homeAt(folder);
    await makeHome(home);
    return new ControllerProcess(home, await freePort(), await ensureToken(home));
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    assert.equal(this.#child, null);
    const child = this.#spawn('inherit');
    this.#child = child;
    await until('the controller answers', async () => {
      assert.equal(child.exitCode, null, 'the controller ended while it started');
      return this.client.health().catch(() => undefined);
    });
  }

  #spawn(stderr: 'inherit' | 'pipe'): ChildProcess {
    const serve = ['--disable-warning=ExperimentalWarning', mainFile, 'serve', '--port', String(this.#port), '--interval', '2'];
    const env = { ...process.env, CROFT_HOME: this.home.folder, CROFT_POWERDOWN_TIME: '2' };
    return spawn(process.execPath, serve, { stdio: ['ignore', 'ignore', stderr], env });
  }

  /** At once, as by an empty battery; programs that it started on nodes keep running. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Another `croft serve` on the same home, which must end by itself: its exit code and words. */
  async rival(): Promise<{ code: number | null; words: string }> {
    const child = this.#spawn('pipe');
    try {
      const [words] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')]);
      return { code: child.exitCode, words };
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** What SQLite says of the database that a killed controller left. */
  integrity(): unknown {
    const database = new DatabaseSync(this.home.database);
    try {
      return database.prepare('pragma integrity_check').get()?.integrity_check;
    } finally {
      database.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
