/** A real PostgreSQL server for one test file: in a folder of its own, on a port that the system chose. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** Who the server runs as; it refuses to run as root. Empty where this process is not root. */
type Account = { uid: number; gid: number } | Record<string, never>;

/** Where it listens: on this machine, or on an address in a network namespace. */
interface Place {
  namespace: string | null;
  address: string;
}

export class PostgresServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #address: string;
  readonly #port: number;
  readonly #server: ChildProcess;
  #databases = 0;

  /** Use `startPostgres`. */
  constructor(folder: string, address: string, port: number, server: ChildProcess) {
    this.#folder = folder;
    this.#address = address;
    this.#port = port;
    this.#server = server;
  }

  /** The location of one of its databases. */
  url(database: string): string {
    return `postgres://croft@${this.#address}:${this.#port}/${database}`;
  }

  /** Makes an empty database and resolves with its location. */
  async freshDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test${this.#databases}`;
    await this.query(`create database ${name}`);
    return this.url(name);
  }

  /** Runs a statement outside of any test's database. */
  async query(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const exited = once(this.#server, 'exit');
      // SIGINT is PostgreSQL's fast shutdown: it ends its own children.
      this.#server.kill('SIGINT');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a server with an empty cluster. Its commits are on the disk only where they are to be durable: nothing of it outlives the test. */
export async function startPostgres({
  durable = false,
  place = { namespace: null, address: '127.0.0.1' },
}: {
  durable?: boolean;
  place?: Place;
} = {}): Promise<PostgresServer> {
  const account = serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'croft-pg-'));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid);
  try {
    const data = join(folder, 'data');
    const initdb = ['-D', data, '--username=croft', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
    await run(postgresProgram('initdb'), initdb, { ...account, cwd: folder });
    // Whoever reaches it is a part of the test.
    appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
    return await startServer(folder, data, { account, durable, place });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Path of one of PostgreSQL's programs: Debian keeps them out of PATH, in a folder for each version. */
export function postgresProgram(name: string): string {
  const [path] = globSync(`/usr/lib/postgresql/*/bin/${name}`).toSorted().reverse();
  if (path === undefined) throw new Error(`PostgreSQL's ${name} is not installed: install the Debian package postgresql`);
  return path;
}

async function startServer(
  folder: string,
  data: string,
  { account, durable, place }: { account: Account; durable: boolean; place: Place },
): Promise<PostgresServer> {
  const { namespace, address } = place;
  const port = await freePort();
  const settings = [`listen_addresses=${address}`, `fsync=${durable ? 'on' : 'off'}`];
  const words = ['-D', data, '-k', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const program = postgresProgram('postgres');
  const child =
    namespace === null
      ? spawn(program, words, { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
      : spawn('ip', ['netns', 'exec', namespace, ...asAccount(account), program, ...words], {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
  process.once('exit', () => child.kill('SIGINT'));
  let log = '';
  child.stderr.on('data', (text: Buffer) => {
    log += text.toString();
  });
  const server = new PostgresServer(folder, address, port, child);
  try {
    await until('PostgreSQL answers', async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended: ${log}`);
      return await server.query('select 1').then(
        () => true,
        () => undefined,
      );
    });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function asAccount({ uid, gid }: Account): string[] {
  return uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  const entry = ['postgres', 'nobody']
    .map((name) => entries.find((line) => line.startsWith(`${name}:`)))
    .find((line) => line !== undefined);
  const [, , uid, gid] = entry?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is neither an account "postgres" nor "nobody" to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}
