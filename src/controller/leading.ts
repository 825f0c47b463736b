/** Assembles a leading controller: store, drivers, loops, API. No decisions are made here. */
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { administratorOnly } from '../access/principals.ts';
import { createMetrics } from '../api/metrics.ts';
import type { Api } from '../api/route.ts';
import { createApi } from '../api/server.ts';
import { openImageLibrary } from '../images/library/library.ts';
import { ConcurrencyLimit } from '../loops/concurrency-limit.ts';
import { ImagePuller } from '../loops/image-puller.ts';
import { Journal } from '../loops/journal.ts';
import { Fleet } from '../loops/node/fleet.ts';
import { NodeAdministration } from '../loops/node/gateway.ts';
import { NodeWorker } from '../loops/node/worker.ts';
import { PlacementLoop } from '../loops/placement/loop.ts';
import { Retention } from '../loops/retention.ts';
import { ConsoleHub } from '../loops/vm/console-hub.ts';
import { VmOperations } from '../loops/vm/operations.ts';
import { workerOf } from '../loops/vm/worker.ts';
import type { Leader } from '../model/leader.ts';
import { openStore } from '../store/open.ts';
import { createImageIntake } from './image-intake.ts';
import { createImageMaintenance } from './image-maintenance.ts';
import { createImageMaps } from './image-maps.ts';
import { ImageSweep } from './image-sweep.ts';
import { type InfrastructureOptions, realInfrastructure } from './infrastructure.ts';
import { ensureKey } from './key.ts';
import type { Leadership } from './leadership.ts';
import type { ControllerOptions } from './options.ts';
import { simulatedInfrastructure } from './simulation/infrastructure.ts';
import { addSimulated, refuseMixture } from './simulation/nodes.ts';

export interface LeadingController extends AsyncDisposable {
  url: string;
  controllerId: string;
}

/** The number of passes over nodes that may read the store at the same time. */
const passesReading = 4;
/**
 * ms between the moment when a former leader can write no more and the first action of this controller on nodes. The former leader has
 * noticed the loss of the database by then: its checks are more frequent than the server's release of its locks, see LockSession.
 */
const noticeTime = 2_000;

export interface LeadingParts {
  /** Path of an ssh-agent's socket. */
  agent: string | null;
  logger: Logger;
  token: string;
  leadership: Leadership;
  /** Resolves with the URL of the API. */
  listen(api: Api): Promise<string>;
}

/** The database belongs to this controller. Disposing of the result ends it and leaves the VMs running. */
export async function startLeading(
  options: ControllerOptions,
  { agent, logger, token, leadership, listen }: LeadingParts,
): Promise<LeadingController> {
  await using undo = new AsyncDisposableStack();
  const { home } = options;
  await ensureKey(home.key);
  await mkdir(home.images, { recursive: true });
  await rm(home.seeds, { recursive: true, force: true });
  await mkdir(home.seeds);
  const store = await openStore({ location: options.database, settings: { segments: options.segments, transit: options.transit } });
  undo.defer(() => store.close());
  const leader: Leader = { url: '', host: hostname(), pid: process.pid, since: Date.now() };
  const mayOverlap = await store.leader.register(leader);
  await refuseMixture(store, options.simulation !== null);
  if (options.simulation !== null) await addSimulated(store, options.simulation);
  // Once no loop acts any more, so that the successor need not wait. Where this cannot be recorded, the successor waits.
  undo.defer(() => store.leader.resign().catch(() => undefined));
  const failed = (error: unknown): void => logger.error(error);
  const journal = new Journal(store.events, failed);
  undo.defer(() => journal.flush());

  const maps = createImageMaps({
    catalogue: fileURLToPath(new URL('../../catalogue/images.yaml', import.meta.url)),
    own: options.imageMap,
    stored: async () => new Set((await store.images.list()).map(({ name }) => name)),
    broken: ({ message }) => {
      journal.record({ kind: 'image.map', message });
      logger.warn(message);
    },
  });
  await maps.inForce();
  const library = await openImageLibrary({ folder: home.images });
  const now = Date.now;
  const damaged: InfrastructureOptions['damaged'] = ({ name: node }, { sha256 }, removed) => {
    const message = `its copy of the image sha256:${sha256.slice(0, 12)} is damaged and ${removed ? 'was removed' : 'in use'}`;
    journal.record({ kind: 'image.damaged', node, message, data: { sha256, removed } });
  };
  const { controllerId } = store;
  const { hosts, images, hypervisorOf, networkOf, inspection, doctor, fetcher } =
    options.simulation === null
      ? await realInfrastructure({ controllerId, controller: options, agent, library, damaged, now })
      : simulatedInfrastructure(options.simulation, { controllerId, now });
  const reach: typeof hosts.reach = (config) => {
    leadership.require();
    return hosts.reach(config);
  };
  const { interval, stopTimes, routerGrace } = options;
  const clock = (): number => performance.now();
  const wake = (): void => {
    placement.wakeConcerned();
    journal.announce();
  };
  const metrics = createMetrics(store);
  const reading = new ConcurrencyLimit(passesReading);
  const fleet = new Fleet(
    (nodeId) =>
      new NodeWorker({
        ...{ nodeId, store, reading, journal, hypervisorOf, networkOf, images, inspection, stopTimes, interval, failed, now, clock },
        connect: (node) => reach(node.config),
        receiveOn: async (target, vmId) => (await fleet.worker(target)?.receive(vmId)) ?? null,
        changed: () => placement.wake(),
        passed: metrics.passed,
      }),
  );
  undo.defer(() => fleet.stop());
  const placement = new PlacementLoop({ store, fleet, journal, interval, routerGrace, policy: options.placement, now, failed });
  undo.defer(() => placement.stop());

  const retention = new Retention({ store, ...options.kept, now, failed });
  undo.defer(() => retention.stop());

  const sweep = new ImageSweep({ store, library, delivery: images, fetcher, fleet, failed });
  undo.defer(() => sweep.stop());
  const wakeNodes = (): void => fleet.wake();
  const puller = new ImagePuller({
    ...{ store, journal, fetcher, failed, now },
    arriving: (work) => sweep.arriving(work),
    changed: () => {
      placement.wake();
      wakeNodes();
    },
  });
  undo.defer(() => puller.stop());
  const consoles = new ConsoleHub(async (vm, signal) => {
    const { hypervisor } = await workerOf(fleet, vm).connection();
    return await hypervisor.console({ id: vm.id, label: `${vm.slice}/${vm.name}` }, signal);
  });
  undo.defer(() => consoles.close());
  const operations = new VmOperations({ store, fleet, journal });
  const api = await createApi({
    ...{
      store,
      principals: administratorOnly(token),
      version: options.version,
      transit: options.transit,
      placement: { policy: options.placement, routerGrace },
      abilitiesOf: (hypervisor) => hypervisorOf({ hypervisor }).can,
      leader: () => leader,
      changes: journal,
      metrics,
      wake,
      logger,
    },
    images: {
      ...createImageIntake({ store, library, maps, puller, workFolder: join(home.cache, 'micro'), journal, sweep, wakeNodes, failed }),
      ...createImageMaintenance({ store, library, delivery: images, fleet }),
      collect: (collecting) => sweep.collect(collecting),
    },
    nodes: new NodeAdministration({
      ...{ store, fleet, journal, hypervisorOf, networkOf, images, wake, now, routerGrace },
      doctor,
      hosts: { reach, pin: (config) => hosts.pin(config), hostKey: (target) => hosts.hostKey(target) },
      policy: options.placement,
    }),
    operations,
    console: {
      open: async (slice, name, signal) => await consoles.open(await store.vms.get(slice, name), signal),
      log: (slice, name, bytes) => operations.consoleLog(slice, name, bytes),
    },
  });
  undo.defer(() => api.close());
  leadership.attach({
    isCurrent: () => store.leader.isCurrent(),
    suspend: () => fleet.suspend(),
    resume: () => void fleet.unsuspend().then(() => placement.wake()),
  });
  if (mayOverlap) await delay(noticeTime);
  leader.url = await listen(api);
  await store.leader.announce(leader.url);
  placement.wake();
  puller.wake();
  retention.wake();
  void sweep.sweep();
  // All rows are read for this, which the first requests need not wait for.
  const reported = store.unreadable().then((rows) => {
    for (const row of rows) logger.warn(row, `${row.subject} cannot be read`);
  }, failed);
  undo.defer(() => reported);
  logger.info({ url: leader.url, controller: store.controllerId, database: store.dialect }, 'the controller is ready');
  const owned = undo.move();
  return { url: leader.url, controllerId: store.controllerId, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
