/** A cluster for tests: lab hosts adopted by a controller in this process, all gone when it is disposed of. */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parse } from 'yaml';
import { type Client, createClient } from '../../src/client/client.ts';
import { followTask } from '../../src/client/follow-task.ts';
import { type Controller, startController } from '../../src/controller/controller.ts';
import { type ControllerOptions, controllerOptions } from '../../src/controller/options.ts';
import { buildMicroImage } from '../../src/images/guests/micro.ts';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import type { SliceView } from '../../src/model/slice/view.ts';
import type { Task } from '../../src/model/task.ts';
import type { VmView } from '../../src/model/vm/view.ts';
import { type Lab, type LabHost, startLab } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';
import { until } from '../support/until.ts';
import { EventLog } from './event-log.ts';
import { GuestShell } from './guest-shell.ts';

/** Generous: two slow processors boot all guests by emulation. */
const patience = 90_000;
/** ms between passes that nothing asks for. */
const interval = 2_000;

/** Built once for all test files. */
const imageWorkFolder = join(tmpdir(), 'croft-test-images');

export type StageOptions = Partial<Pick<ControllerOptions, 'routerGrace' | 'stopTimes' | 'interval'>> & {
  hosts: number;
  /** Adopts all hosts and waits until they are ready; true where absent. */
  adopt?: boolean;
};

export class ClusterStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly #options: ControllerOptions;
  #controller: Controller;
  #owned: AsyncDisposableStack;
  client: Client;
  events: EventLog;

  private constructor(lab: Lab, options: ControllerOptions, controller: Controller, owned: AsyncDisposableStack) {
    this.lab = lab;
    this.#options = options;
    this.#controller = controller;
    this.#owned = owned;
    this.client = createClient(controller);
    this.events = new EventLog(this.client);
  }

  static async open({ hosts, adopt = true, ...changes }: StageOptions): Promise<ClusterStage> {
    await using undo = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'croft-cluster-'));
    undo.defer(() => rm(folder, { recursive: true, force: true }));
    const image = join(folder, 'micro.raw');
    await buildMicroImage({ workFolder: imageWorkFolder, outputFile: image, log: () => undefined });
    const lab = undo.use(await startLab({ hosts }));
    const options = { ...controllerOptions(join(folder, 'home'), { port: 0 }, {}), interval, ...changes };
    const stage = new ClusterStage(lab, options, await startController(options, surroundings()), undo);
    undo.defer(() => stage.#endController());
    await stage.client.images.add('micro', createReadStream(image));
    if (adopt) await stage.adopt();
    stage.#owned = undo.move();
    return stage;
  }

  get controllerId(): string {
    const { controllerId } = this.#controller;
    assert.ok(controllerId);
    return controllerId;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }

  /** What the lab says of its hosts, as `croft node add -f` reads it. */
  async nodes(): Promise<NodeConfigInput[]> {
    return parse(await readFile(this.lab.nodesFile, 'utf8')) as NodeConfigInput[];
  }

  async adopt(): Promise<void> {
    const nodes = await this.nodes();
    await Promise.all(nodes.map((node) => this.client.nodes.add(node)));
    await Promise.all(nodes.map(({ name }) => this.nodeIs(name, 'ready')));
  }

  async nodeIs(name: string, status: string): Promise<void> {
    await until(`node ${name} is ${status}`, async () => (await this.client.nodes.get(name)).status === status || undefined, patience);
  }

  /** The controller ends as by a signal and begins again on the same home. */
  async restartController(): Promise<void> {
    await this.#endController();
    this.#controller = await startController(this.#options, surroundings());
    this.client = createClient(this.#controller);
    this.events = new EventLog(this.client);
  }

  async #endController(): Promise<void> {
    await this.events[Symbol.asyncDispose]();
    await this.#controller[Symbol.asyncDispose]();
  }

  host(name: string | null): LabHost {
    const host = this.lab.hosts.find((one) => one.name === name);
    assert.ok(host, `there is no lab host ${name}`);
    return host;
  }

  /** Runs a script with positional parameters on a host, past Croft and by the machine's own sh; rejects where it fails. */
  on(node: string | null, script: string, ...parameters: string[]): Promise<string> {
    return must(this.host(node).exec(['/bin/sh', '-c', script, 'sh', ...parameters]), `"${script}" on ${node}`);
  }

  /** Applies a slice and waits until it is so; each of its VMs then runs and has its addresses. */
  async deploy(file: object): Promise<SliceView> {
    const { task, slice } = await this.client.slices.apply({ file });
    if (task !== null) await this.done(task);
    return await this.addressed(slice.name);
  }

  /** Waits until every VM of the slice that should run has taken its leases. */
  async addressed(slice: string): Promise<SliceView> {
    return await until(
      `the VMs of ${slice} have their addresses`,
      async () => {
        const view = await this.client.slices.get(slice);
        return view.vms.every((vm) => vm.desired === 'stopped' || (vm.state === 'running' && vm.addressed)) ? view : undefined;
      },
      patience,
    );
  }

  /** Waits for the end of a task, which must not fail. */
  async done(task: Task): Promise<void> {
    const ended = await followTask(this.client, task, { after: 0, signal: AbortSignal.timeout(patience) });
    assert.equal(ended.state, 'done', `${ended.kind} ${ended.subject}: ${ended.message}`);
  }

  async remove(slice: string): Promise<void> {
    await this.done(await this.client.slices.remove(slice));
  }

  /** The process id of the VM's QEMU, as its node sees it; null where none is recorded. */
  async pid(slice: string, vm: string): Promise<number> {
    const { id, node } = await this.client.vms.get(slice, vm);
    return Number(await this.on(node, 'cat "$1"', `${this.runFolder}/vms/${id}/pid`));
  }

  /** The interface of the VM's first NIC on its node. */
  async tap({ id, node }: VmView): Promise<string> {
    const [tap] = await this.labelled(node, `port:${id}:`);
    assert.ok(tap, `VM ${id} has no interface on ${node}`);
    return tap;
  }

  /** The interfaces of this controller on a node whose label continues with `what`. */
  async labelled(node: string | null, what: string): Promise<string[]> {
    const script = 'cd /sys/class/net && grep -lF "croft:$1:$2" */ifalias || :';
    return (await this.on(node, script, this.controllerId, what)).split('\n').flatMap((path) => path.split('/')[0] || []);
  }

  get runFolder(): string {
    return `/run/croft/${this.controllerId}`;
  }

  shell(slice: string, vm: string): Promise<GuestShell> {
    return GuestShell.open(this.client, slice, vm);
  }
}
/** What a controller of the test runs in. */
function surroundings() {
  return { agent: null, logger: pino({ level: 'error' }), ousted: () => undefined, failed: () => undefined };
}
