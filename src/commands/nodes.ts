/** Commands on nodes: the change and its event in one commit, then a notification of the loops. */
import { createHash } from 'node:crypto';
import type { NewEvent } from '../model/event.ts';
import type { DoctorReport } from '../model/node/doctor.ts';
import type { Node, NodeConfig, NodeConfigInput } from '../model/node/node.ts';
import type { CommandAnswer, DrainAnswer, ExecRequest, NodeEdit } from '../model/operations.ts';
import type { CommandContext } from './context.ts';
import type { CommandDependencies } from './dependencies.ts';

type Context<Needs extends keyof CommandDependencies> = CommandContext<Pick<CommandDependencies, Needs>>;

/** Before anything is stored, a login to the machine is checked. */
export async function adoptNode(
  { principal, store, nodes, wake }: Context<'store' | 'nodes' | 'wake'>,
  input: NodeConfigInput,
): Promise<Node> {
  const config = await nodes.reach(input);
  const node = await store.commit(principal, async (commit) => {
    const added = await commit.nodes.add(config);
    await commit.events.append([{ kind: 'node.added', node: config.name, message: `added: ${placeOf(config)}`, data: addressOf(config) }]);
    return added;
  });
  wake();
  return node;
}

function addressOf({ ssh }: NodeConfig): { address: string | null; hostKey: string | null } {
  return { address: ssh?.address ?? null, hostKey: ssh?.hostKey ?? null };
}

function placeOf({ ssh }: NodeConfig): string {
  return ssh === undefined ? 'this machine' : `${ssh.user}@${ssh.address}:${ssh.port}, host key ${ssh.hostKey}`;
}

/** Also predicts what the placement loop, woken by this command, will decide about the node's VMs. */
export async function drainNode(
  { principal, store, nodes, wake }: Context<'store' | 'nodes' | 'wake'>,
  name: string,
): Promise<Omit<DrainAnswer, 'node'>> {
  const message = `${name} is being drained: nothing new is placed there, and what can leaves it`;
  const { node, task } = await store.commit(principal, async (commit) => {
    const found = await commit.nodes.get(name);
    await commit.nodes.administer(found.id, 'draining');
    const started = await commit.tasks.start({ kind: 'node.drain', subject: name, vm: null, generation: 0 });
    await commit.events.append([{ kind: 'node.draining', node: name, message, data: { task: started.id } }]);
    return { node: found, task: started };
  });
  const vms = await nodes.foretellDrain(node);
  wake();
  return { task, vms };
}

export async function resumeNode({ principal, store, wake }: Context<'store' | 'wake'>, name: string): Promise<Node> {
  const node = await store.commit(principal, async ({ nodes, events }) => {
    const { id } = await nodes.get(name);
    await nodes.administer(id, 'active');
    await events.append([{ kind: 'node.active', node: name, message: `${name} is active again` }]);
    return await nodes.get(name);
  });
  wake();
  return node;
}

/** The node's VMs stay: pools, labels and free resources are checked when a VM gets a node. */
export async function editNode({ principal, store, wake }: Context<'store' | 'wake'>, name: string, edit: NodeEdit): Promise<Node> {
  const node = await store.commit(principal, async ({ nodes, events }) => {
    const edited = await nodes.configure(name, (config) => editedConfig(config, edit));
    const { pool, labels } = edited.config;
    await events.append([{ kind: 'node.configured', node: name, message: describeConfig(edited.config), data: { pool, labels } }]);
    return edited;
  });
  wake();
  return node;
}

function editedConfig(config: NodeConfig, { pool, labels = {}, overcommit = {} }: NodeEdit): NodeConfig {
  return {
    ...config,
    pool: pool ?? config.pool,
    overcommit: {
      cpus: overcommit.cpus ?? config.overcommit.cpus,
      memory: overcommit.memory ?? config.overcommit.memory,
      disk: overcommit.disk ?? config.overcommit.disk,
    },
    labels: Object.fromEntries(
      Object.entries({ ...config.labels, ...labels }).filter((entry): entry is [string, string] => entry[1] !== null),
    ),
  };
}

function describeConfig({ name, pool, labels, overcommit: { cpus, memory, disk } }: NodeConfig): string {
  const words = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  const promised = `its CPUs are promised ${cpus} times, its memory ${memory}, its disk ${disk}`;
  return `${name} is in pool ${pool}, its labels are ${words.sort().join(', ') || 'none'}; ${promised}`;
}

/**
 * Recorded before the command runs: a controller that dies meanwhile has still recorded what it was doing. The loops inspect the node
 * afterwards, since the command may have changed what they maintain.
 */
export async function execOnNode(context: Context<'store' | 'nodes' | 'wake'>, name: string, request: ExecRequest): Promise<CommandAnswer> {
  const { nodes, wake } = context;
  await record(context, name, execEvent(request));
  try {
    return await nodes.exec(name, request, request.timeout);
  } finally {
    wake();
  }
}

/** Installs the node's missing parts, then checks the node again. */
export async function fixNode(context: Context<'store' | 'nodes' | 'wake'>, name: string): Promise<DoctorReport> {
  const { nodes, wake } = context;
  await record(context, name, { kind: 'node.fix', message: `installing what ${name} lacks` });
  try {
    return await nodes.doctor(name, true);
  } finally {
    wake();
  }
}

/** Rejects with `not-found` where there is no such node. */
async function record({ principal, store }: Context<'store'>, node: string, event: NewEvent): Promise<void> {
  await store.commit(principal, async ({ nodes, events }) => {
    await nodes.get(node);
    await events.append([{ ...event, node }]);
  });
}

/** Arguments as JSON, so that spaces and quotes in them stay apart; a script by its hash. */
function execEvent(request: ExecRequest): NewEvent {
  const kind = 'node.exec';
  if ('argv' in request)
    return { kind, message: `running ${JSON.stringify(request.argv)}`, data: { argv: [...request.argv], sha256: null } };
  const sha256 = createHash('sha256').update(request.script).digest('hex');
  const message = `running a script with sha256 ${sha256} and the arguments ${JSON.stringify(request.args)}`;
  return { kind, message, data: { argv: null, sha256 } };
}
