/** Puts a controller together: store, drivers, loops, API. Nothing here decides anything. */
import { mkdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { administratorOnly } from '../access/principals.ts';
import { createMetrics } from '../api/metrics.ts';
import { createApi } from '../api/server.ts';
import { openImageLibrary } from '../images/library/library.ts';
import { ImagePuller } from '../loops/image-puller.ts';
import { Journal } from '../loops/journal.ts';
import { Fleet } from '../loops/node/fleet.ts';
import { NodeAdministration } from '../loops/node/gateway.ts';
import { NodeWorker } from '../loops/node/worker.ts';
import { PlacementLoop } from '../loops/placement/loop.ts';
import { Retention } from '../loops/retention.ts';
import { Turns } from '../loops/turns.ts';
import { ConsoleHub } from '../loops/vm/console-hub.ts';
import { VmOperations } from '../loops/vm/operations.ts';
import { workerOf } from '../loops/vm/worker.ts';
import { openStore } from '../store/open.ts';
import { ensureToken, makeHome } from './home.ts';
import { createImageCare } from './image-care.ts';
import { createImageIntake } from './image-intake.ts';
import { createImageMaps } from './image-maps.ts';
import { ImageSweep } from './image-sweep.ts';
import { ensureKey } from './key.ts';
import { logTo } from './log.ts';
import { type MachineryOptions, realMachinery } from './machinery.ts';
import type { ControllerOptions } from './options.ts';
import { occupy } from './presence.ts';
import { simulatedMachinery } from './simulation/machinery.ts';
import { addSimulated, refuseMixture } from './simulation/nodes.ts';

export interface Controller extends AsyncDisposable {
  url: string;
  token: string;
  controllerId: string;
}

/** Passes over nodes that read the store at one time. */
const passesReading = 4;

export interface ControllerSurroundings {
  /** Path of an ssh-agent's socket. */
  agent: string | null;
  logger?: Logger;
  /** Another controller has its database: it must end. */
  ousted(): void;
}

/** Starts a controller; disposing of it ends it and leaves the VMs running. */
export async function startController(
  options: ControllerOptions,
  { agent, logger = logTo(1), ousted }: ControllerSurroundings,
): Promise<Controller> {
  await using undo = new AsyncDisposableStack();
  const { home } = options;
  await makeHome(home);
  let url = '';
  undo.use(await occupy(home, () => ({ pid: process.pid, url, simulated: options.simulation !== null })));
  const token = await ensureToken(home);
  await ensureKey(home.key);
  await mkdir(home.images, { recursive: true });
  await rm(home.seeds, { recursive: true, force: true });
  await mkdir(home.seeds);
  const store = await openStore({ location: options.database, settings: { segments: options.segments, transit: options.transit } });
  undo.defer(() => store.close());
  undo.use(await store.occupy(ousted));
  await refuseMixture(store, options.simulation !== null);
  if (options.simulation !== null) await addSimulated(store, options.simulation);
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
  const damaged: MachineryOptions['damaged'] = ({ name: node }, { sha256 }, removed) => {
    const message = `its copy of the image sha256:${sha256.slice(0, 12)} is damaged and ${removed ? 'was removed' : 'in use'}`;
    journal.record({ kind: 'image.damaged', node, message });
  };
  const { controllerId } = store;
  const { hosts, images, hypervisorOf, networkOf, inspection, doctor, fetcher } =
    options.simulation === null
      ? await realMachinery({ controllerId, controller: options, agent, library, damaged, now })
      : simulatedMachinery(options.simulation, { controllerId, now });
  const { interval, stopTimes, routerGrace } = options;
  const clock = (): number => performance.now();
  const wake = (): void => {
    placement.wakeConcerned();
    journal.announce();
  };
  const metrics = createMetrics(store);
  const turns = new Turns(passesReading);
  const fleet = new Fleet(
    (nodeId) =>
      new NodeWorker({
        ...{ nodeId, store, turns, journal, hypervisorOf, networkOf, images, inspection, stopTimes, interval, failed, now, clock },
        connect: (node) => hosts.reach(node.config),
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
      changes: journal,
      metrics,
      wake,
      logger,
    },
    images: {
      ...createImageIntake({ store, library, maps, puller, workFolder: join(home.cache, 'micro'), journal, sweep, wakeNodes, failed }),
      ...createImageCare({ store, library, delivery: images, fleet }),
      collect: (collecting) => sweep.collect(collecting),
    },
    nodes: new NodeAdministration({
      ...{ store, fleet, journal, hypervisorOf, networkOf, images, hosts, wake, now, routerGrace },
      doctor,
      policy: options.placement,
    }),
    operations,
    console: {
      open: async (slice, name, signal) => await consoles.open(await store.vms.get(slice, name), signal),
      log: (slice, name, bytes) => operations.consoleLog(slice, name, bytes),
    },
  });
  undo.defer(() => api.close());
  await api.listen({ host: options.host, port: options.port });
  url = urlOf(api.server.address() as AddressInfo);
  placement.wake();
  puller.wake();
  retention.wake();
  void sweep.sweep();
  logger.info({ url, controller: store.controllerId, database: store.dialect }, 'the controller is ready');
  const owned = undo.move();
  return { url, token, controllerId: store.controllerId, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A URL that reaches the listening socket from this machine, also where it listens on all addresses. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
