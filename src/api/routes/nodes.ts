/** Nodes: adopting, showing, draining and removing them, and running commands on them. */
import { z } from 'zod';
import { adoptNode, drainNode, editNode, execOnNode, resumeNode } from '../../commands/nodes.ts';
import type { Node } from '../../model/node/node.ts';
import { nodeConfigSchema } from '../../model/node/node.ts';
import { type NodeView, nodeViewSchema } from '../../model/node/view.ts';
import {
  abandonedAnswerSchema,
  commandAnswerSchema,
  drainAnswerSchema,
  execRequestSchema,
  fingerprintAnswerSchema,
  nodeEditSchema,
} from '../../model/operations.ts';
import { access } from '../authorization.ts';
import { presentNode, presentNodes } from '../present/node.ts';
import { countUnreadable, flagSchema, nodeParams, problems, type Routes, unreadableNote } from '../route.ts';

const reaching = ['node.unreachable', 'node.auth', 'node.host-key', 'node.sudo'] as const;
const reachTargetSchema = nodeConfigSchema.shape.ssh.unwrap();

export const nodeRoutes: Routes = (api, dependencies) => {
  const { store, nodes, abilitiesOf } = dependencies;

  const shown = async (node: Node): Promise<NodeView> => presentNode(node, await store.vms.outlines(), abilitiesOf);

  api.get(
    '/v1/nodes',
    {
      config: access('node.read', 'shared'),
      schema: {
        summary: 'List the nodes',
        description: `Sorted by name. ${unreadableNote}`,
        operationId: 'listNodes',
        tags: ['nodes'],
        response: { 200: z.array(nodeViewSchema), ...problems() },
      },
    },
    async (_request, reply) => {
      const [list, vms] = await Promise.all([store.nodes.list(countUnreadable(reply)), store.vms.outlines()]);
      return presentNodes(list, vms, abilitiesOf);
    },
  );

  api.post(
    '/v1/nodes',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Adopt a machine as a node; its host key is pinned',
        operationId: 'adoptNode',
        tags: ['nodes'],
        body: nodeConfigSchema,
        response: { 201: nodeViewSchema, ...problems('conflict.exists', 'unsupported', ...reaching) },
      },
    },
    async ({ body, principal }, reply) => reply.code(201).send(await shown(await adoptNode({ ...dependencies, principal }, body))),
  );

  api.post(
    '/v1/nodes/host-key',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Read the host key that a machine shows, to compare it before adopting',
        operationId: 'readHostKey',
        tags: ['nodes'],
        body: reachTargetSchema,
        response: { 200: fingerprintAnswerSchema, ...problems(...reaching) },
      },
    },
    async ({ body }) => ({ fingerprint: await nodes.hostKey(body) }),
  );

  api.get(
    '/v1/nodes/:node',
    {
      config: access('node.read', 'shared'),
      schema: {
        summary: 'Show a node',
        operationId: 'getNode',
        tags: ['nodes'],
        params: nodeParams,
        response: { 200: nodeViewSchema, ...problems('not-found') },
      },
    },
    async ({ params }) => shown(await store.nodes.get(params.node)),
  );

  api.patch(
    '/v1/nodes/:node',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Change the pool and the labels of a node; VMs that are there stay',
        operationId: 'editNode',
        tags: ['nodes'],
        params: nodeParams,
        body: nodeEditSchema,
        response: { 200: nodeViewSchema, ...problems('not-found') },
      },
    },
    async ({ params, body, principal }) => shown(await editNode({ ...dependencies, principal }, params.node, body)),
  );

  api.delete(
    '/v1/nodes/:node',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Remove a node; with `abandon` even while VMs are assigned to it',
        operationId: 'removeNode',
        tags: ['nodes'],
        params: nodeParams,
        querystring: z.object({ abandon: flagSchema }),
        response: { 200: abandonedAnswerSchema, ...problems('not-found', 'conflict.in-use', ...reaching) },
      },
    },
    async ({ params, query, principal }) => nodes.forget(principal, params.node, query.abandon),
  );

  api.post(
    '/v1/nodes/:node/drain',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Place nothing new on a node, and move away what can move',
        operationId: 'drainNode',
        tags: ['nodes'],
        params: nodeParams,
        response: { 200: drainAnswerSchema, ...problems('not-found') },
      },
    },
    async ({ params, principal }) => {
      const drain = await drainNode({ ...dependencies, principal }, params.node);
      return { node: await shown(await store.nodes.get(params.node)), ...drain };
    },
  );

  api.post(
    '/v1/nodes/:node/resume',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Place VMs on a node again; moves away from it are called off',
        operationId: 'resumeNode',
        tags: ['nodes'],
        params: nodeParams,
        response: { 200: nodeViewSchema, ...problems('not-found') },
      },
    },
    async ({ params, principal }) => shown(await resumeNode({ ...dependencies, principal }, params.node)),
  );

  api.post(
    '/v1/nodes/:node/exec',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Run a program or a script on a node as root; recorded in the events',
        operationId: 'execOnNode',
        tags: ['nodes'],
        params: nodeParams,
        body: execRequestSchema,
        response: { 200: commandAnswerSchema, ...problems('not-found', 'command.timeout', ...reaching) },
      },
    },
    async ({ params, body, principal }) => execOnNode({ ...dependencies, principal }, params.node, body),
  );
};
