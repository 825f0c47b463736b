/** The demo's node: adopted where there is none, and awaited until it accepts VMs. */
import type { Client } from '../../client/client.ts';
import { CroftError } from '../../model/error.ts';
import type { NodeView } from '../../model/node/view.ts';
import { until } from './until.ts';

const readyTime = 120_000;

/** Adopts this machine as `local` where there is no node yet. */
export async function ensureNode(client: Client): Promise<{ nodes: NodeView[]; adopted: boolean }> {
  const nodes = await client.nodes.list();
  if (nodes.length > 0) return { nodes, adopted: false };
  return { nodes: [await client.nodes.add({ name: 'local' })], adopted: true };
}

/** The nodes once one is ready. Rejects with `node.unfit` and the doctor's findings where none is ready in time. */
export async function readyNodes(client: Client, signal: AbortSignal): Promise<NodeView[]> {
  const ready = await until(
    async () => {
      const nodes = await client.nodes.list();
      if (nodes.some(({ status }) => status === 'ready')) return nodes.filter(({ status }) => status === 'ready');
      const unfit = nodes.find(({ status }) => status === 'unfit');
      if (unfit !== undefined && nodes.every(({ status }) => status !== 'new')) throw await unfitness(client, unfit);
      return null;
    },
    { timeout: readyTime, every: 100, signal },
  );
  if (ready !== null) return ready;
  const [node] = await client.nodes.list();
  const state = node === undefined ? 'there is none' : `${node.name} is ${node.status}: ${node.reason ?? 'no reason is known'}`;
  throw new CroftError('node.unfit', `no node was ready within ${readyTime / 1000} s: ${state}`, { hint: 'see `croft doctor`' });
}

async function unfitness(client: Client, node: NodeView): Promise<CroftError> {
  const { nodes } = await client.nodes.doctor(node.name);
  const missing = nodes.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
  const words = missing.map(({ name, detail, fix }) => `  ${name}: ${detail}${fix === null ? '' : ` (${fix})`}`);
  return new CroftError('node.unfit', [`node ${node.name} cannot run VMs: ${node.reason ?? 'something is missing'}`, ...words].join('\n'), {
    hint: `\`croft node doctor ${node.name} --fix\` installs what is missing; then run \`croft demo\` again`,
  });
}
