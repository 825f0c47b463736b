/** A pass over each of three nodes with twenty VMs where nothing changed: round trips and time, against one plain ssh. */
import { homeAt } from '../../src/controller/home.ts';
import { Hosts } from '../../src/controller/hosts.ts';
import { createNodeInspection } from '../../src/controller/node-inspection.ts';
import { controllerOptions } from '../../src/controller/options.ts';
import { createQemuDriver } from '../../src/drivers/hypervisor/qemu/qemu.ts';
import { createOvsDriver } from '../../src/drivers/network/ovs/ovs.ts';
import type { Host } from '../../src/host/host.ts';
import { seedOf } from '../../src/images/seeds/seed.ts';
import { createImageDelivery } from '../../src/images/spread/deliver.ts';
import { ConcurrencyLimit } from '../../src/loops/concurrency-limit.ts';
import { Journal } from '../../src/loops/journal.ts';
import { NodeWorker } from '../../src/loops/node/worker.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { LabHost } from '../../test/lab/lab.ts';
import { until } from '../../test/support/until.ts';
import type { Figure } from '../figure.ts';
import { ssh } from '../one-by-one.ts';
import { deploy, sliceName } from '../slice.ts';
import { removeSlice, type Stage } from '../stage.ts';

const passes = 20;
/** The first ones connect, and inspect the node. */
const warmUp = 5;

export async function measurePass(stage: Stage): Promise<Figure[]> {
  const { client } = stage.controller;
  await deploy(client, 'sector');
  try {
    return await stage.withoutController(() => observe(stage));
  } finally {
    await removeSlice(stage.controller.client, sliceName);
  }
}

async function observe({ home, lab }: Stage): Promise<Figure[]> {
  const { database, segments, transit } = controllerOptions(home, {}, {});
  const store = await openStore({ location: database, settings: { segments, transit } });
  try {
    const [roundTrips, times, plain]: [number[], number[], number[]] = [[], [], []];
    for (const { id, config } of await store.nodes.list()) {
      const seen = await watchWorker(store, home, id);
      roundTrips.push(...seen.map(({ batches }) => batches));
      times.push(...seen.map(({ duration }) => duration));
      const host = lab.hosts.find(({ name }) => name === config.name);
      if (host !== undefined) plain.push(...(await timeSsh(host)));
    }
    const alternative = { name: 'ssh NODE true', samples: plain };
    const once = { name: 'one', samples: [1] };
    return [
      {
        scenario: 'pass',
        unit: 'round trips',
        measured: { name: 'for each node', samples: roundTrips },
        alternative: once,
        target: { kind: 'at most', limit: 1 },
      },
      {
        scenario: 'pass',
        unit: 'ms',
        measured: { name: 'for each node', samples: times },
        alternative,
        target: { kind: 'at most', limit: 100 },
      },
    ];
  } finally {
    await store.close();
  }
}

interface SeenPass {
  batches: number;
  /** ms until the next one began, which does so at once. */
  duration: number;
}

/** Lets a node's own worker make its passes, one right after the other, and counts what reaches the node in each. */
async function watchWorker(store: Store, home: string, nodeId: string): Promise<SeenPass[]> {
  const { stopTimes } = controllerOptions(home, {}, {});
  const hosts = new Hosts({ controllerId: store.controllerId, defaultKey: homeAt(home).key, agent: null });
  const hypervisor = createQemuDriver({ seedOf: (vm) => seedOf(vm, homeAt(home).folder) });
  const inspection = createNodeInspection(() => hypervisor);
  const failed = (error: unknown): void => console.error(error);
  const starts: { at: number; batches: number }[] = [];
  let batches = 0;
  const counted = (host: Host): Host => ({
    name: host.name,
    batch: (commands) => {
      batches += 1;
      return host.batch(commands);
    },
    spawn: (command) => host.spawn(command),
    connect: (path) => host.connect(path),
    login: () => host.login(),
    close: () => host.close(),
    end: () => host.end(),
  });
  const worker = new NodeWorker({
    passed: () => undefined,
    ...{ nodeId, store, hypervisorOf: () => hypervisor, stopTimes, failed },
    journal: new Journal(store.events, failed),
    reading: new ConcurrencyLimit(1),
    networkOf: () => createOvsDriver(),
    inspection: {
      inspect: inspection.inspect,
      vitals: (layout) => {
        starts.push({ at: performance.now(), batches });
        return inspection.vitals(layout);
      },
    },
    images: {
      ...createImageDelivery({ library: { path: () => '/nowhere' }, isLocal: () => false }),
      ensure: () => Promise.reject(new Error('nothing is to be launched')),
    },
    interval: 0,
    connect: ({ config }) => {
      const { host, layout } = hosts.reach(config);
      return { host: counted(host), layout };
    },
    receiveOn: async () => null,
    changed: () => undefined,
    now: Date.now,
    clock: () => performance.now(),
  });
  worker.wake();
  try {
    await until(`${passes} passes are made`, async () => starts.length > passes + warmUp || undefined, 60_000);
  } finally {
    await worker.stop();
  }
  return starts.slice(warmUp, warmUp + passes).map((start, index) => {
    const next = starts[warmUp + index + 1];
    if (next === undefined) throw new Error('the worker stopped too early');
    return { batches: next.batches - start.batches, duration: next.at - start.at };
  });
}

async function timeSsh(host: LabHost): Promise<number[]> {
  const times: number[] = [];
  for (let repetition = 0; repetition < 5; repetition++) {
    const start = performance.now();
    await ssh(host, 'true');
    times.push(performance.now() - start);
  }
  return times;
}
