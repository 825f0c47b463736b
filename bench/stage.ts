/** What the scenarios share: a lab, a controller that has its hosts as nodes, and the guests' images. */
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Client } from '../src/client/client.ts';
import { followTask } from '../src/client/follow-task.ts';
import { buildMicroImage } from '../src/images/guests/micro.ts';
import type { NodeConfigInput } from '../src/model/node/node.ts';
import type { Task } from '../src/model/task.ts';
import { bootImage } from '../test/e2e/boot-image.ts';
import { type Lab, type LabHost, startLab } from '../test/lab/lab.ts';
import { until } from '../test/support/until.ts';
import { type ControllerProcess, startControllerProcess } from './controller-process.ts';

/** `sector` prints a line from its boot sector and then only waits; `micro` boots Linux. */
export const guests = ['sector', 'micro'] as const;
export type Guest = (typeof guests)[number];

export interface Stage extends AsyncDisposable {
  lab: Lab;
  /** The controller's folder. */
  home: string;
  /** The running controller; another one after `withoutController`. */
  readonly controller: ControllerProcess;
  /** The location of an image on every host, in addition to Croft's own copies. */
  imageOf(guest: Guest): string;
  /** Does something while no controller runs; the VMs go on. */
  withoutController<T>(work: () => Promise<T>): Promise<T>;
}

const hostCount = 3;
/** Also a host's, which has its own folder there that survives in the lab's. */
const hostImages = '/var/lib/croft/bench';
const taskTime = 180_000;

export async function prepareStage(say: (line: string) => void): Promise<Stage> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'croft-bench-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  await mkdir(home);

  say('making the guests');
  const files = await makeImages(folder, say);
  say(`starting a lab of ${hostCount} hosts`);
  const lab = await startLab({ hosts: hostCount });
  undo.defer(() => lab.stop());
  for (const host of lab.hosts) await giveImages(lab, host, files);

  let controller = await startControllerProcess(home);
  undo.defer(() => controller[Symbol.asyncDispose]());
  await setUp(controller.client, lab, files);
  const owned = undo.move();
  return {
    lab,
    home,
    get controller() {
      return controller;
    },
    imageOf: (guest) => `${hostImages}/${guest}.raw`,
    async withoutController(work) {
      await controller[Symbol.asyncDispose]();
      try {
        return await work();
      } finally {
        controller = await startControllerProcess(home);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when a task is done; rejects where it fails or takes too long. */
export async function done(client: Client, task: Task | null, after: number): Promise<void> {
  if (task === null) return;
  const ended = await followTask(client, task, { after, signal: AbortSignal.timeout(taskTime) });
  if (ended.state !== 'done') throw new Error(`${task.kind} of ${task.subject} ${ended.state}: ${ended.message}`);
}

export async function removeSlice(client: Client, slice: string): Promise<void> {
  const { sequence } = await client.events.latest();
  await done(client, await client.slices.remove(slice), sequence);
}

type Images = Record<Guest, string>;

async function makeImages(folder: string, say: (line: string) => void): Promise<Images> {
  const images: Images = { sector: join(folder, 'sector.raw'), micro: join(folder, 'micro.raw') };
  await writeFile(images.sector, bootImage('deaf').content);
  const cache = fileURLToPath(new URL('../node_modules/.cache/croft-micro', import.meta.url));
  await buildMicroImage({ workFolder: cache, outputFile: images.micro, log: say });
  return images;
}

async function giveImages(lab: Lab, host: LabHost, images: Images): Promise<void> {
  const folder = join(lab.folder, host.name, 'disk', hostImages);
  await mkdir(folder, { recursive: true });
  for (const guest of guests) await copyFile(images[guest], join(folder, `${guest}.raw`));
}

/** Adds images and nodes, and runs every guest once on every node, so that the images are there and connections open. */
async function setUp(client: Client, lab: Lab, images: Images): Promise<void> {
  for (const guest of guests) await client.images.add(guest, createReadStream(images[guest]));
  for (const node of parse(await readFile(lab.nodesFile, 'utf8')) as NodeConfigInput[]) await client.nodes.add(node);
  await until(
    'all nodes are ready',
    async () => (await client.nodes.list()).every(({ status }) => status === 'ready') || undefined,
    60_000,
  );
  for (const guest of guests) {
    const { sequence } = await client.events.latest();
    const file = {
      slice: 'first',
      networks: { lan: {} },
      vms: { vm: { image: guest, memory: '128MiB', nics: ['lan'], count: hostCount } },
    };
    const { task } = await client.slices.apply({ file });
    await done(client, task, sequence);
    await removeSlice(client, 'first');
  }
}
