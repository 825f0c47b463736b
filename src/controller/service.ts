/** The controller as a process of this machine: run in the foreground, started in the background, ended, purged. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, type LocalOperations, type Say, type ServeOptions, wrongInputExit } from '../cli/local-operations.ts';
import { CroftError } from '../model/error.ts';
import { type Home, homeAt, makeHome, readOrNull } from './home.ts';
import { type ControllerEnvironment, controllerOptions } from './options.ts';
import { findController, type Presence } from './presence.ts';
import { purgeMachine } from './purge.ts';
import { runSetUp } from './set-up.ts';

export interface ServiceOptions {
  homeFolder: string;
  environment: NodeJS.ProcessEnv & ControllerEnvironment;
  /** Program and first arguments that start this same croft again: node, its flags, main.ts. */
  self: readonly [string, ...string[]];
}

/** ms within which a controller answers after its start, and ends after the request to end. */
const startTime = 30_000;
const endTime = 60_000;

export function createService(options: ServiceOptions): LocalOperations {
  const home = homeAt(options.homeFolder);
  return {
    connection: () => connectionTo(home, options.environment),
    serve: (given) => serve(options, given),
    up: (given) => up(home, options, given),
    down: () => endController(home),
    purge: (say) => purge(home, options, say),
    setUp: runSetUp,
  };
}

async function connectionTo(home: Home, { CROFT_URL, CROFT_TOKEN }: ServiceOptions['environment']): Promise<Connection> {
  const token = CROFT_TOKEN ?? (await readOrNull(home.token));
  const url = CROFT_URL ?? (await listeningController(home))?.url;
  if (url === undefined || token === null) {
    throw new CroftError('unavailable', `no controller serves ${home.folder}`, {
      hint: 'start one with `croft up`, or name another with CROFT_URL and CROFT_TOKEN',
    });
  }
  return { url, token };
}

/** As `findController`; one that is just starting is waited for. */
async function listeningController(home: Home): Promise<Presence | null> {
  const deadline = Date.now() + startTime;
  while (Date.now() < deadline) {
    const presence = await findController(home);
    if (presence?.url !== '') return presence;
    await pause(50);
  }
  throw new CroftError('unavailable', `the controller of ${home.folder} has been starting for ${startTime / 1000} s`, {
    hint: `look at ${home.log}`,
  });
}

async function serve({ homeFolder, environment }: ServiceOptions, given: ServeOptions): Promise<void> {
  const { startController } = await import('./controller.ts');
  const resolved = controllerOptions(homeFolder, given, environment);
  const ended = Promise.withResolvers<void>();
  // Handled below, once the controller has started.
  ended.promise.catch(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.resolve());
  const ousted = (): void => {
    ended.reject(
      new CroftError('conflict.exists', 'another controller took the database while the connection to its server was lost', {
        hint: 'Start this one again to have it stand by.',
      }),
    );
  };
  const agent = environment.SSH_AUTH_SOCK ?? null;
  await using _controller = await startController(resolved, { agent, ousted, failed: ended.reject });
  await ended.promise;
}

async function up(home: Home, options: ServiceOptions, given: ServeOptions): ReturnType<LocalOperations['up']> {
  const running = await listeningController(home);
  const started = running === null;
  const presence = running ?? (await start(home, options, given));
  const token = await readOrNull(home.token);
  return { url: presence.url, pid: presence.pid, token: token ?? '', started, log: home.log, standby: presence.standby };
}

async function start(home: Home, { self, environment, homeFolder }: ServiceOptions, given: ServeOptions): Promise<Presence> {
  const { imageMap } = controllerOptions(homeFolder, given, environment);
  await makeHome(home);
  await using log = await open(home.log, 'a', 0o600);
  const { size } = await log.stat();
  const [program, ...first] = self;
  const child = spawn(program, [...first, 'serve', ...flagsOf({ ...given, ...(imageMap.required && { config: imageMap.file }) })], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
    env: { ...environment, CROFT_HOME: home.folder },
  });
  let exit: number | string | undefined;
  child.once('exit', (code, signal) => {
    exit = code ?? signal ?? 1;
  });
  const deadline = Date.now() + startTime;
  while (Date.now() < deadline && exit === undefined) {
    const presence = await findController(home);
    if (presence !== null && presence.url !== '') {
      child.unref();
      return presence;
    }
    await pause(50);
  }
  if (exit === undefined) child.kill('SIGKILL');
  const words = await lastWords(home.log, size);
  // An invalid setting is no failure of a running controller.
  const code = exit === wrongInputExit ? 'input.invalid' : 'unavailable';
  throw new CroftError(code, `the controller ${exit === undefined ? 'does not answer' : `ended (${exit})`}:\n${words}`, {
    hint: `its log is ${home.log}`,
  });
}

function flagsOf(given: ServeOptions): string[] {
  return Object.entries(given).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value)],
  );
}

/** The lines added to the log since it had `from` bytes; its last ten lines. */
async function lastWords(log: string, from: number): Promise<string> {
  const text = (await readFile(log)).subarray(from).toString();
  return text.trim().split('\n').slice(-10).join('\n');
}

/** Ends the controller that serves the home; null where none does. */
async function endController(home: Home): Promise<Presence | null> {
  const presence = await findController(home);
  if (presence === null) return null;
  process.kill(presence.pid, 'SIGTERM');
  const deadline = Date.now() + endTime;
  while (Date.now() < deadline) {
    if ((await findController(home)) === null && !isAlive(presence.pid)) return presence;
    await pause(25);
  }
  throw new CroftError('unavailable', `the controller, process ${presence.pid}, did not end within ${endTime / 1000} s`, {
    hint: `look at ${home.log}`,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The flags without which a stopped controller refuses its database: where its nodes are simulated, their number. */
async function startedAs({ homeFolder, environment }: ServiceOptions): Promise<Pick<ServeOptions, 'simulate'>> {
  const [{ openStore }, { countSimulated }] = await Promise.all([import('../store/open.ts'), import('./simulation/nodes.ts')]);
  const { database, segments, transit } = controllerOptions(homeFolder, {}, environment);
  const store = await openStore({ location: database, settings: { segments, transit } });
  try {
    const nodes = await countSimulated(store);
    return nodes === 0 ? {} : { simulate: `nodes=${nodes}` };
  } finally {
    await store.close();
  }
}

async function purge(home: Home, options: ServiceOptions, say: Say): Promise<void> {
  if ((await readOrNull(home.token)) === null && (await findController(home)) === null) {
    say(`there is nothing to remove: no controller has been in ${home.folder}`);
    return;
  }
  const { url, token } = await up(home, options, (await findController(home)) === null ? await startedAs(options) : {});
  await purgeMachine({ home, connection: { url, token }, endController: async () => void (await endController(home)), say });
}
