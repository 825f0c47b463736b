/**
 * From the request to start a VM on a node with libvirt until its guest's first line, against `virsh create` of the domain that
 * Croft made for it; and how much of that is the driver's.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { find, readXml, writeXml, type Xml } from '../../src/drivers/hypervisor/libvirt/xml.ts';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { startLabLibvirt } from '../../test/e2e/lab-libvirt.ts';
import { openLibvirtStage } from '../../test/e2e/libvirt-stage.ts';
import type { LibvirtDaemon } from '../../test/e2e/private-libvirt.ts';
import { type LabHost, startLab } from '../../test/lab/lab.ts';
import { insideCommand, must, runningMachines } from '../../test/lab/machine.ts';
import { until } from '../../test/support/until.ts';
import { referenceTo, withLaunch } from '../../test/support/vm-reference.ts';
import { type ControllerProcess, startControllerProcess } from '../controller-process.ts';
import type { Figure, Series } from '../figure.ts';
import { makeTaps, nextLine, runFolder, startUntilLine, tapsGone } from '../first-line.ts';
import { done, type Guest, guests, removeSlice, type Stage } from '../stage.ts';

const repetitions = 7;
const slice = 'libvirt';
const vm = 'vm';
/** No VM's identifier, so that Croft takes the domain for a stranger's. */
const byHandName = 'by-hand';

type Say = (line: string) => void;

export async function measureLibvirt(stage: Stage, say: Say): Promise<Figure[]> {
  const [host] = stage.lab.hosts;
  const fileOf = (guest: Guest): string => join(stage.lab.folder, host?.name ?? '', 'disk', stage.imageOf(guest));
  return [...(await throughController(fileOf, say)), await throughDriver(await readFile(fileOf('micro')), say)];
}

const figure = (measured: Series, byHand: readonly number[]) => ({
  ...{ scenario: 'libvirt', unit: 'ms' as const, measured },
  alternative: { name: '`virsh create` of the same domain', samples: byHand },
});

/** A node that a controller reaches by SSH, and whose hypervisor is libvirt. */
interface Node {
  controller: ControllerProcess;
  host: LabHost;
  libvirt: LibvirtDaemon;
  /** Process id of the host's first process, as seen from here. */
  machine: number;
}

/** In a lab of its own: libvirt changes what a host is. */
async function throughController(fileOf: (guest: Guest) => string, say: Say): Promise<Figure[]> {
  await using undo = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'croft-bench-'));
  undo.defer(() => rm(home, { recursive: true, force: true }));
  const lab = undo.use(await startLab({ hosts: 1 }));
  const [host] = lab.hosts;
  const machine = (await runningMachines(lab.name)).get(host?.name ?? '');
  if (host === undefined || machine === undefined) throw new Error('the lab has no host');
  const libvirt = await startLabLibvirt(host);
  const controller = undo.use(await startControllerProcess(home));
  const { client } = controller;
  for (const guest of guests) await client.images.add(guest, createReadStream(fileOf(guest)));
  const [config] = parse(await readFile(lab.nodesFile, 'utf8')) as NodeConfigInput[];
  if (config === undefined) throw new Error('the lab has no node');
  await client.nodes.add({ ...config, hypervisor: 'libvirt' });
  await until('the node is ready', async () => (await client.nodes.get(host.name)).status === 'ready' || undefined, 60_000);
  const node = { controller, host, libvirt, machine };
  return [await compare(node, 'micro', say), await compare(node, 'sector', say)];
}

async function compare(node: Node, guest: Guest, say: Say): Promise<Figure> {
  const { client } = node.controller;
  const { sequence } = await client.events.latest();
  const file = { slice, networks: { lan: {} }, vms: { [vm]: { image: guest, cpus: 1, memory: '128MiB', nics: ['lan'] } } };
  await done(client, (await client.slices.apply({ file })).task, sequence);
  const started = await findStarted(node);
  await stop(node, started);
  const [croft, byHand]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const byCroft = await startUntilLine(client, slice, vm, started.consoleLog);
    croft.push(byCroft);
    await stop(node, started);
    const alternative = await withoutCroft(node, started);
    byHand.push(alternative);
    say(`libvirt ${guest}: ${byCroft.toFixed(0)} ms, virsh create ${alternative.toFixed(0)} ms`);
  }
  await removeSlice(client, slice);
  const measured = { name: `vm start to the first line of guest ${guest}`, samples: croft };
  return { ...figure(measured, byHand), target: guest === 'micro' ? { kind: 'ratio at most', limit: 1.1 } : null };
}

interface Started {
  /** As Croft made it, but for its name, its UUID and the metadata that make it Croft's. */
  domain: string;
  taps: string[];
  /** From here. */
  consoleLog: string;
}

async function findStarted({ controller, host, libvirt, machine }: Node): Promise<Started> {
  const { id } = await controller.client.vms.get(slice, vm);
  const made = readXml(await libvirt.virsh('dumpxml', '--inactive', id));
  const nics = find(made, 'devices')?.children.filter(({ name }) => name === 'interface') ?? [];
  return {
    domain: writeXml(foreign(made)),
    taps: nics.flatMap((nic) => find(nic, 'target')?.attributes.dev ?? []),
    consoleLog: `/proc/${machine}/root${await runFolder(host, id)}/console.log`,
  };
}

function foreign(domain: Xml): Xml {
  const own: Record<string, string> = { name: byHandName, uuid: randomUUID() };
  const children = domain.children
    .filter(({ name }) => name !== 'metadata')
    .map((child) => ({ ...child, text: own[child.name] ?? child.text }));
  return { ...domain, children };
}

async function stop({ controller: { client }, host }: Node, { taps }: Started): Promise<void> {
  const { sequence } = await client.events.latest();
  await done(client, await client.vms.stop(slice, vm), sequence);
  await tapsGone(host, taps);
}

/** The disks, the taps and the description are there before, and the shell that asks for it runs already. */
async function withoutCroft({ host, machine, libvirt }: Node, { domain, taps, consoleLog }: Started): Promise<number> {
  await using _ = await makeTaps(host, taps);
  const file = '/run/lab/by-hand.xml';
  await must(host.exec(['sh', '-c', 'cat >"$1"', 'sh', file], domain), 'writing the domain');
  const create = 'echo ready; read -r _; exec virsh -q -c qemu:///system create "$1" >/dev/null';
  const [program, ...rest] = insideCommand(machine, ['sh', '-c', create, 'sh', file]);
  const shell = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(shell, 'exit');
  await once(shell.stdout, 'data');
  const line = await nextLine(consoleLog);
  const start = performance.now();
  shell.stdin.end('\n');
  try {
    return (await line()) - start;
  } finally {
    await ended;
    await libvirt.virsh('destroy', byHandName);
  }
}

/** What of it is the driver's alone, on a VM whose files are there. */
async function throughDriver(image: Buffer, say: Say): Promise<Figure> {
  await using stage = await openLibvirtStage();
  const { driver, layout, node } = stage;
  const sha256 = createHash('sha256').update(image).digest('hex');
  await stage.putImage(image, sha256);
  const changes = { memory: 128 * mebibyte, image: { id: 'micro', sha256, format: 'raw', size: image.length } } as const;
  const launch = await stage.launch('obedient', changes);
  await driver.prepare(withLaunch(launch, 'bench/vm'));
  const start = () => driver.start(withLaunch(launch, 'bench/vm'));
  await start();
  const domain = await node.virsh('dumpxml', '--inactive', launch.id);
  await driver.kill(referenceTo(launch.id));
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const line = await nextLine(vmFolders(layout, launch.id).consoleLog);
    const begun = performance.now();
    const [end] = await Promise.all([line(), work()]);
    return end - begun;
  };
  const [croft, byHand]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    croft.push(await timed(start));
    await driver.kill(referenceTo(launch.id));
    await node.virsh('undefine', launch.id);
    byHand.push(await timed(() => node.sh('printf %s "$1" | virsh -q -c qemu:///system create /dev/stdin', domain)));
    await node.virsh('destroy', launch.id);
    say(`libvirt, the driver: ${croft.at(-1)?.toFixed(0)} ms, virsh create ${byHand.at(-1)?.toFixed(0)} ms`);
  }
  await driver.destroy(referenceTo(launch.id));
  return { ...figure({ name: "the driver's start to the first line of guest micro", samples: croft }, byHand), target: null };
}
