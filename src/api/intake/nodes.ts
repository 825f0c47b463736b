/** What is asked of nodes: done, recorded as an event, and made known to the loops. */
import { createHash } from 'node:crypto';
import type { Node, NodeAdministration, NodeConfigInput } from '../../model/node.ts';
import type { CommandAnswer, ExecRequest } from '../../model/operations.ts';
import type { ApiDependencies } from '../dependencies.ts';

type Context = Pick<ApiDependencies, 'store' | 'nodes' | 'wake'>;

export async function adoptNode({ store, nodes, wake }: Context, config: NodeConfigInput): Promise<Node> {
  const node = await nodes.adopt(config);
  const hostKey = node.config.ssh?.hostKey;
  const pinned = hostKey === undefined ? '' : `, its host key ${hostKey} pinned`;
  await store.events.append([{ kind: 'node.added', node: node.config.name, message: `${node.config.name} was adopted${pinned}` }]);
  wake();
  return node;
}

export async function administerNode({ store, wake }: Context, name: string, administration: NodeAdministration): Promise<Node> {
  const { id } = await store.nodes.get(name);
  await store.nodes.administer(id, administration);
  const message = administration === 'draining' ? `${name} is drained: nothing new is placed there` : `${name} is active again`;
  await store.events.append([{ kind: `node.${administration}`, node: name, message }]);
  wake();
  return store.nodes.get(name);
}

export async function forgetNode({ store, nodes, wake }: Context, name: string, abandon: boolean): Promise<string[]> {
  const abandoned = await nodes.forget(name, abandon);
  const left = abandoned.length === 0 ? '' : `, abandoning ${abandoned.join(', ')}`;
  await store.events.append([{ kind: 'node.removed', node: name, message: `${name} was removed${left}` }]);
  wake();
  return abandoned;
}

/** Recorded before it runs: a controller that dies meanwhile has still said what it was doing. */
export async function execOnNode({ store, nodes }: Context, name: string, request: ExecRequest): Promise<CommandAnswer> {
  await store.nodes.get(name);
  await store.events.append([{ kind: 'node.exec', node: name, message: describeExec(request) }]);
  return nodes.exec(name, request, request.timeout);
}

/** Arguments as JSON, so that spaces and quotes in them stay apart; a script by its hash. */
function describeExec(request: ExecRequest): string {
  if ('argv' in request) return `ran ${JSON.stringify(request.argv)}`;
  const hash = createHash('sha256').update(request.script).digest('hex');
  return `ran a script with sha256 ${hash} and the arguments ${JSON.stringify(request.args)}`;
}
