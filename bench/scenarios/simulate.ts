/** A controller with a thousand simulated nodes: how fast twenty thousand VMs come to run, and what it then costs to look at them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../src/client/client.ts';
import { startPostgres } from '../../test/integration/postgres.ts';
import { until } from '../../test/support/until.ts';
import { type ControllerProcess, startControllerProcess } from '../controller-process.ts';
import type { Figure } from '../figure.ts';
import { processorTime, residentMemory } from '../process-cost.ts';

const nodes = 1_000;
const slices = Array.from({ length: 200 }, (_, index) => `s${String(index).padStart(3, '0')}`);
const perSlice = 100;
/** Requests under way at one time. */
const together = 4;
/** ms that a busy machine may take. */
const patience = 900_000;

/** On SQLite with durable commits, then the same on PostgreSQL. */
export async function measureSimulate(say: (line: string) => void): Promise<Figure[]> {
  const sqlite = figuresOf('SQLite', await measureOn(null));
  say('the same on PostgreSQL');
  await using server = await startPostgres({ durable: true });
  return [...sqlite, ...figuresOf('PostgreSQL', await measureOn(await server.freshDatabase()))];
}

interface Measured {
  /** From the first request until all VMs run. */
  seconds: number;
  processorSeconds: number;
  megabytes: number;
  /** ms each. */
  page: number[];
  all: number[];
  restartAlone: number[];
  restartAmongAll: number[];
}

async function measureOn(database: string | null): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-simulate-'));
  try {
    const flags = ['--simulate', `nodes=${nodes}`, ...(database === null ? [] : ['--database', database])];
    await using controller = await startControllerProcess(folder, flags);
    const { client } = controller;
    await until('all nodes are ready', async () => (await client.nodes.list()).every(isReady) || undefined, patience);
    await applyAll(client, ['alone']);
    const restartAlone = await samples(7, () => restart(client, 'alone'));
    const before = await processorTime(controller.pid);
    const [seconds = 0] = await samples(1, () => applyAll(client, slices));
    const processorSeconds = ((await processorTime(controller.pid)) - before) / 1000;
    await requireRunning(client, (slices.length + 1) * perSlice);
    return {
      ...{ seconds: seconds / 1000, processorSeconds, restartAlone },
      all: await samples(5, () => client.vms.list()),
      page: await samples(21, () => readPage(controller)),
      restartAmongAll: await samples(7, () => restart(client, 's100')),
      megabytes: await residentMemory(controller.pid),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(database: string, measured: Measured): Figure[] {
  const scenario = `simulate, ${database}`;
  const count = slices.length * perSlice;
  return [
    {
      ...{ scenario, unit: 'VMs/s', target: { kind: 'at least', limit: 500 } },
      measured: { name: 'from request to running', samples: [count / measured.seconds] },
      alternative: { name: 'for each second of a core', samples: [count / measured.processorSeconds] },
    },
    {
      ...{ scenario, unit: 'ms', target: { kind: 'at most', limit: 20 } },
      measured: { name: 'a page of 100', samples: measured.page },
      alternative: { name: `all ${count}`, samples: measured.all },
    },
    {
      ...{ scenario, unit: 'ms', target: { kind: 'ratio at most', limit: 2 } },
      measured: { name: `restart among ${count}`, samples: measured.restartAmongAll },
      alternative: { name: `restart among ${perSlice}`, samples: measured.restartAlone },
    },
    {
      ...{ scenario, unit: 'MB', target: { kind: 'at most', limit: 500 } },
      measured: { name: 'resident memory', samples: [measured.megabytes] },
      alternative: { name: 'the limit', samples: [500] },
    },
  ];
}

const isReady = ({ status }: { status: string }): boolean => status === 'ready';

/** Resolves when none of their tasks is running. */
async function applyAll(client: Client, names: readonly string[]): Promise<void> {
  const waiting = [...names];
  const vm = { image: 'simulated', cpus: 1, memory: '128MiB', nics: ['lan'], count: perSlice };
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await client.slices.apply({ file: { slice: name, networks: { lan: {} }, vms: { vm } } });
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  await noTask(client);
}

async function requireRunning({ vms }: Client, count: number): Promise<void> {
  const running = (await vms.list()).filter(({ state }) => state === 'running').length;
  if (running !== count) throw new Error(`${running} of ${count} VMs run`);
}

async function restart(client: Client, slice: string): Promise<void> {
  await client.vms.restart(slice, 'vm-7');
  await noTask(client);
}

async function noTask(client: Client): Promise<void> {
  await until(
    'no task runs',
    async () => (await client.tasks.list(slices.length + 1)).every(({ state }) => state !== 'running') || undefined,
    patience,
  );
}

async function readPage({ url, token }: ControllerProcess): Promise<void> {
  const response = await fetch(new URL('/v1/vms?limit=100', url), { headers: { authorization: `Bearer ${token}` } });
  const page = (await response.json()) as unknown[];
  if (page.length !== 100) throw new Error(`the page has ${page.length} VMs`);
}

/** ms that each time takes. */
async function samples(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return taken;
}
