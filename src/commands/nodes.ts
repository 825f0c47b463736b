/** What is asked of nodes: recorded as an event, done, and made known to the loops. */
import { createHash } from 'node:crypto';
import type { ApiDependencies } from '../api/dependencies.ts';
import type { DoctorReport } from '../model/node/doctor.ts';
import type { Node } from '../model/node/node.ts';
import type { CommandAnswer, DrainAnswer, ExecRequest, NodeEdit } from '../model/operations.ts';

type Context = Pick<ApiDependencies, 'store' | 'nodes' | 'wake'>;

/** Recorded first, so that it stands before what it leads to. */
export async function drainNode({ store, nodes }: Context, name: string): Promise<Omit<DrainAnswer, 'node'>> {
  await record(store, 'node.draining', name, `${name} is being drained: nothing new is placed there, and what can leaves it`);
  return await nodes.drain(name);
}

export async function resumeNode({ store, wake }: Pick<Context, 'store' | 'wake'>, name: string): Promise<Node> {
  const { id } = await store.nodes.get(name);
  await store.nodes.administer(id, 'active');
  await record(store, 'node.active', name, `${name} is active again`);
  wake();
  return store.nodes.get(name);
}

/** VMs that are there stay: pools, labels and room are asked about when a VM gets a node. */
export async function editNode(
  { store, wake }: Pick<Context, 'store' | 'wake'>,
  name: string,
  { pool, labels = {}, overcommit = {} }: NodeEdit,
): Promise<Node> {
  const node = await store.nodes.configure(name, (config) => ({
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
  }));
  const words = Object.entries(node.config.labels).map(([label, value]) => `${label}=${value}`);
  const { cpus, memory, disk } = node.config.overcommit;
  const promised = `its CPUs are promised ${cpus} times, its memory ${memory}, its disk ${disk}`;
  const message = `${name} is in pool ${node.config.pool}, its labels are ${words.sort().join(', ') || 'none'}; ${promised}`;
  await store.events.append([{ kind: 'node.configured', node: name, message }]);
  wake();
  return node;
}

/**
 * Recorded before it runs: a controller that dies meanwhile has still said what it was doing. The loops look at the
 * node after it, for it may have changed what they keep in order.
 */
export async function execOnNode({ store, nodes, wake }: Context, name: string, request: ExecRequest): Promise<CommandAnswer> {
  await record(store, 'node.exec', name, describeExec(request));
  try {
    return await nodes.exec(name, request, request.timeout);
  } finally {
    wake();
  }
}

/** Installs what the node lacks, then checks it again. */
export async function fixNode({ store, nodes, wake }: Context, name: string): Promise<DoctorReport> {
  await record(store, 'node.fix', name, `installing what ${name} lacks`);
  try {
    return await nodes.doctor(name, true);
  } finally {
    wake();
  }
}

/** Rejects with `not-found` where there is no such node. */
async function record(store: Context['store'], kind: string, node: string, message: string): Promise<void> {
  await store.nodes.get(node);
  await store.events.append([{ kind, node, message }]);
}

/** Arguments as JSON, so that spaces and quotes in them stay apart; a script by its hash. */
function describeExec(request: ExecRequest): string {
  if ('argv' in request) return `running ${JSON.stringify(request.argv)}`;
  const hash = createHash('sha256').update(request.script).digest('hex');
  return `running a script with sha256 ${hash} and the arguments ${JSON.stringify(request.args)}`;
}
