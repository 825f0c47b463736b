/** A controller from its start to its end: it takes its home, stands by where another controller leads, and then leads itself. */
import type { AddressInfo, Server } from 'node:net';
import type { Logger } from 'pino';
import { createStandbyApi } from '../api/standby.ts';
import type { ControllerRole, Leader } from '../model/leader.ts';
import { occupyOnceFree } from '../store/occupancy.ts';
import { ensureToken, makeHome } from './home.ts';
import { Leadership } from './leadership.ts';
import { startLeading } from './leading.ts';
import { logTo } from './log.ts';
import type { ControllerOptions } from './options.ts';
import { occupy, type Presence } from './presence.ts';

export interface Controller extends AsyncDisposable {
  url: string;
  token: string;
  role(): ControllerRole;
  /** See Store; null until it leads. */
  readonly controllerId: string | null;
}

export interface ControllerSurroundings {
  /** Path of an ssh-agent's socket. */
  agent: string | null;
  logger?: Logger;
  /** Another controller has its database: this controller must end. */
  ousted(): void;
  /** The standby could not take over: this controller must end. */
  failed(error: unknown): void;
}

/**
 * Starts a controller; disposing of it ends it and leaves the VMs running. Resolves once it answers: as leader, or as standby where
 * another controller has its PostgreSQL database. Rejects with `conflict.exists` where another controller has its home, or its SQLite
 * database.
 */
export async function startController(
  options: ControllerOptions,
  { agent, logger = logTo(1), ousted, failed }: ControllerSurroundings,
): Promise<Controller> {
  await using undo = new AsyncDisposableStack();
  const { home, host } = options;
  await makeHome(home);
  const presence: Presence = { pid: process.pid, url: '', simulated: options.simulation !== null, standby: false };
  undo.use(await occupy(home, () => presence));
  const token = await ensureToken(home);
  const leadership = new Leadership(ousted);
  const ending = new AbortController();
  const answers = Promise.withResolvers<void>();
  let leader: Leader | null = null;
  let controllerId: string | null = null;
  const led = undo.use(new AsyncDisposableStack());
  const standby = createStandbyApi(() => leader);
  undo.defer(() => standby.close());

  const lead = async (): Promise<void> => {
    const occupancy = await occupyOnceFree(options.database, leadership, {
      signal: ending.signal,
      waits: async () => {
        await standby.listen({ host, port: options.port });
        [presence.url, presence.standby] = [urlOf(standby.server), true];
        logger.info({ url: presence.url }, 'another controller leads; this one stands by');
        answers.resolve();
      },
      seen: (seen) => {
        leader = seen;
      },
      failed: (error) => logger.warn(error),
    });
    if (occupancy === null) return;
    led.use(occupancy);
    const { port } = presence.standby ? (standby.server.address() as AddressInfo) : options;
    const controller = led.use(
      await startLeading(options, {
        ...{ agent, logger, token, leadership },
        async listen(api) {
          await standby.close();
          await api.listen({ host, port });
          [presence.url, presence.standby] = [urlOf(api.server), false];
          return presence.url;
        },
      }),
    );
    controllerId = controller.controllerId;
    answers.resolve();
  };
  const leading = lead();
  undo.defer(async () => {
    ending.abort();
    await leading.catch(() => undefined);
  });
  leading.catch((error: unknown) => (presence.standby ? failed(error) : answers.reject(error)));
  await answers.promise;
  const owned = undo.move();
  return {
    url: presence.url,
    token,
    get controllerId() {
      return controllerId;
    },
    role: () => (presence.standby ? 'standby' : 'leader'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A URL that reaches the listening socket from this machine, also where it listens on all addresses. */
function urlOf(server: Pick<Server, 'address'>): string {
  const { address, family, port } = server.address() as AddressInfo;
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
