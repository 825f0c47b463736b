/** Administrators' operations on nodes: adopt and remove nodes, check them for missing parts, run commands on them. */
import type { HypervisorDriver, NodeLayout, ObservedVm } from '../../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../../drivers/network/driver.ts';
import { type Host, perform, run } from '../../host/host.ts';
import type { Principal } from '../../model/access/principal.ts';
import { CroftError } from '../../model/error.ts';
import type { DoctorCheck, DoctorReport } from '../../model/node/doctor.ts';
import { requireRoles } from '../../model/node/hypervisor.ts';
import { type Node, type NodeConfig, type NodeConfigInput, nodeConfigSchema } from '../../model/node/node.ts';
import type { AbandonedAnswer, CommandAnswer, DrainAnswer } from '../../model/operations.ts';
import type { Assignment, PlacementSnapshot } from '../../model/placement/assignment.ts';
import type { PlacementPolicy } from '../../model/placement/placement.ts';
import { schedule } from '../../scheduler/schedule.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import type { Fleet } from './fleet.ts';
import { inWords } from './recorder.ts';

/** Checks a node for missing parts, and installs them. */
export interface Doctor {
  /** Rejects with `node.*` where the node cannot be reached. */
  examine(host: Host, layout: NodeLayout, config: NodeConfig): Promise<DoctorCheck[]>;
  /**
   * Installs the parts that `checks` reports as missing, and starts services that do not run; rejects with `node.unfit` where that fails.
   */
  treat(host: Host, layout: NodeLayout, checks: readonly DoctorCheck[], config: NodeConfig): Promise<void>;
}

export interface NodeGatewayOptions {
  store: Store;
  fleet: Fleet;
  journal: Journal;
  hypervisorOf(config: NodeConfig): HypervisorDriver;
  networkOf(node: Node): NetworkDriver;
  doctor: Doctor;
  /** Revokes the access by which other nodes fetch images from this node. */
  images: { withdraw(host: Host, layout: NodeLayout): Promise<void> };
  hosts: {
    reach(config: NodeConfig): { host: Host; layout: NodeLayout };
    pin(config: NodeConfig): Promise<NodeConfig>;
    hostKey(target: NonNullable<NodeConfigInput['ssh']>): Promise<string>;
  };
  wake(): void;
  /** ms since 1970. */
  now(): number;
  /** As the placement loop defines them. */
  routerGrace: number;
  policy: PlacementPolicy;
}

type Work = { argv: readonly [string, ...string[]] } | { script: string; args: readonly string[] };

export class NodeAdministration {
  readonly #options: NodeGatewayOptions;

  constructor(options: NodeGatewayOptions) {
    this.#options = options;
  }

  /**
   * Before anything is stored, a login to the machine checks for root privileges. Rejects with `unsupported` for a role that the machine
   * cannot have.
   */
  async reach(input: NodeConfigInput): Promise<NodeConfig> {
    const { hosts } = this.#options;
    const asked = nodeConfigSchema.parse(input);
    requireRoles(asked);
    const config = await hosts.pin(asked);
    await this.#refuseTaken(config.name);
    const { host } = hosts.reach(config);
    try {
      await host.batch([{ argv: ['true'] }]);
    } finally {
      await host.close();
    }
    return config;
  }

  /** Makes the same decision as the placement loop. */
  async foretellDrain({ id }: Node): Promise<DrainAnswer['vms']> {
    const { store, now, routerGrace, policy } = this.#options;
    const snapshot = await store.placement.snapshot();
    const { assignments } = schedule(snapshot, { now: now(), routerGrace, policy });
    return drainedVms(id, snapshot, assignments);
  }

  hostKey(target: NonNullable<NodeConfigInput['ssh']>): Promise<string> {
    return this.#options.hosts.hostKey(target);
  }

  async doctor(name: string | null, fix: boolean): Promise<DoctorReport> {
    const { store } = this.#options;
    const nodes = name === null ? await store.nodes.list() : [await store.nodes.get(name)];
    return { nodes: await Promise.all(nodes.map(async (node) => ({ node: node.config.name, checks: await this.#examine(node, fix) }))) };
  }

  async exec(name: string, work: Work, timeout: number): Promise<CommandAnswer> {
    const node = await this.#options.store.nodes.get(name);
    if (node.config.simulated) {
      throw new CroftError('unsupported', `node ${name} is simulated: there is no machine that a command could run on`, { node: name });
    }
    const { host } = await this.#reach(node);
    if ('argv' in work) return await run(host, { argv: work.argv, timeout });
    return await run(host, { argv: ['sh', '-s', '--', ...work.args], stdin: work.script, timeout });
  }

  /** A node that is not given up is cleaned first, so that a node that cannot be cleaned stays known and the removal can be tried again. */
  async forget(by: Principal, name: string, abandon: boolean): Promise<AbandonedAnswer> {
    const { store, fleet, journal, wake } = this.#options;
    const node = await store.nodes.get(name);
    try {
      if (!abandon) await this.#vacate(node);
      const abandoned = await store.commit(by, async ({ nodes, events }) => {
        const lost = await nodes.remove(node.id, abandon);
        await events.append([{ kind: 'node.removed', node: name, message: removalInWords(lost), data: { abandoned: lost } }]);
        return lost;
      });
      await fleet.retire(node.id);
      const left = abandon ? await this.#cleanWhatCanBe(node) : null;
      const reason = `it could not be cleaned: ${left}`;
      if (left !== null) journal.record({ kind: 'node.failed', node: name, message: reason, data: { reason } });
      return { abandoned, left };
    } finally {
      fleet.resume(node.id);
      wake();
    }
  }

  /** Removes everything that belongs to this controller from a node without assignments. Nothing is placed there meanwhile. */
  async #vacate(node: Node): Promise<void> {
    const { store, fleet } = this.#options;
    // Before the node drains, since draining moves what is there.
    await this.#refuseOccupied(node);
    await store.nodes.administer(node.id, 'draining');
    try {
      await this.#refuseOccupied(node);
      await fleet.retire(node.id);
      await this.#clean(node);
    } catch (thrown) {
      await store.nodes.administer(node.id, node.administration);
      throw thrown;
    }
  }

  async #refuseOccupied(node: Node): Promise<void> {
    const { store, hypervisorOf } = this.#options;
    const { name } = node.config;
    const vms = (await store.vms.list({ nodeId: node.id })).map((vm) => `${vm.slice}/${vm.name}`);
    const routers = (await store.slices.list())
      .filter(({ routerNodeId }) => routerNodeId === node.id)
      .map((slice) => `${slice.name}/(router)`);
    if (vms.length + routers.length > 0) {
      throw new CroftError('conflict.in-use', `node ${name} is in use by ${[...vms, ...routers].join(', ')}`, {
        hint: `remove them first, or give them up with \`croft node rm --force ${name}\``,
        node: name,
      });
    }
    const { host, layout } = await this.#reach(node);
    const [seen] = await perform(host, hypervisorOf(node.config).on({ host, layout }).observe());
    const strangers = await this.#unrecorded(node, seen);
    if (strangers.length === 0) return;
    throw new CroftError('conflict.in-use', `node ${name} has VMs that are not on record: ${strangers.map(({ id }) => id).join(', ')}`, {
      hint: `their disks are in ${layout.stateFolder}/vms there; \`croft node rm --force ${name}\` destroys them`,
      node: name,
    });
  }

  /** Without the remains of VMs that have moved to other nodes: they are removed with the rest. */
  async #unrecorded(node: Node, seen: readonly ObservedVm[]): Promise<ObservedVm[]> {
    const moved = new Set(
      (await this.#options.store.vms.outlines()).filter(({ nodeId }) => nodeId !== null && nodeId !== node.id).map(({ id }) => id),
    );
    return seen.filter(({ id }) => !moved.has(id));
  }

  async #refuseTaken(name: string): Promise<void> {
    const nodes = await this.#options.store.nodes.list();
    if (nodes.some(({ config }) => config.name === name)) throw new CroftError('conflict.exists', `there is a node ${name} already`);
  }

  async #reach(node: Node): Promise<{ host: Host; layout: NodeLayout }> {
    const worker = this.#options.fleet.worker(node.id);
    return worker === null ? this.#options.hosts.reach(node.config) : await worker.connection();
  }

  async #examine(node: Node, fix: boolean): Promise<DoctorCheck[]> {
    const { doctor, fleet } = this.#options;
    try {
      const { host, layout } = await this.#reach(node);
      const checks = await doctor.examine(host, layout, node.config);
      if (!fix || checks.every(({ ok }) => ok)) return checks;
      const failure = await doctor.treat(host, layout, checks, node.config).then(() => null, inWords);
      fleet.worker(node.id)?.wake();
      const rest = await doctor.examine(host, layout, node.config);
      return failure === null ? rest : [...rest, { name: 'fix', ok: false, detail: failure, fix: null }];
    } catch (thrown) {
      return [{ name: 'login', ok: false, detail: inWords(thrown), fix: null }];
    }
  }

  async #clean(node: Node): Promise<void> {
    const { hypervisorOf, networkOf, images, hosts } = this.#options;
    const { host, layout } = hosts.reach(node.config);
    const hypervisor = hypervisorOf(node.config).on({ host, layout });
    const network = networkOf(node).on({ host, layout });
    try {
      await images.withdraw(host, layout);
      // A running zone does not release its links.
      const [vms] = await perform(host, hypervisor.observe());
      for (const { id } of vms) await hypervisor.kill({ id, label: id });
      await network.purge();
      await hypervisor.purge();
    } finally {
      await host.close();
    }
  }

  /** Resolves with the reason where the node could not be cleaned. */
  async #cleanWhatCanBe(node: Node): Promise<string | null> {
    try {
      await this.#clean(node);
      return null;
    } catch (thrown) {
      return inWords(thrown);
    }
  }
}

function drainedVms(nodeId: string, snapshot: PlacementSnapshot, assignments: readonly Assignment[]): DrainAnswer['vms'] {
  const names = new Map(snapshot.nodes.map(({ id, config }) => [id, config.name]));
  const moves = new Map(assignments.filter(({ kind }) => kind === 'move').map((move) => [move.id, move]));
  return snapshot.vms
    .filter((vm) => vm.nodeId === nodeId)
    .map((vm) => {
      const move = moves.get(vm.id);
      const target = move === undefined ? vm.movingTo : move.nodeId;
      const stayReason = move === undefined ? vm.stayReason : move.reason;
      return { vm: `${vm.slice}/${vm.name}`, movingTo: names.get(target ?? '') ?? null, stayReason: target === null ? stayReason : null };
    });
}

function removalInWords(abandoned: readonly string[]): string {
  return `removed${abandoned.length === 0 ? '' : `; abandoned ${abandoned.join(', ')}`}`;
}
