/** The missing parts of nodes, and their repair. */

import { fixNode } from '../../commands/nodes.ts';
import { controllerReportSchema, doctorReportSchema } from '../../model/node/doctor.ts';
import { access } from '../authorization.ts';
import { nodeParams, problems, type Routes } from '../route.ts';

const onNode = problems('not-found', 'node.unreachable', 'node.auth', 'node.host-key', 'node.sudo', 'command.failed', 'command.timeout');

export const doctorRoutes: Routes = (api, dependencies) => {
  const { store, nodes } = dependencies;

  api.get(
    '/v1/doctor',
    {
      config: access('node.read', 'shared'),
      schema: {
        summary: 'Check what all nodes need, and whether the controller can read all of its database',
        operationId: 'checkNodes',
        tags: ['nodes'],
        response: { 200: controllerReportSchema, ...problems() },
      },
    },
    async () => {
      const [report, unreadable] = await Promise.all([nodes.doctor(null, false), store.unreadable()]);
      return { ...report, unreadable };
    },
  );

  api.get(
    '/v1/nodes/:node/doctor',
    {
      config: access('node.read', 'shared'),
      schema: {
        summary: 'Check what a node needs',
        operationId: 'checkNode',
        tags: ['nodes'],
        params: nodeParams,
        response: { 200: doctorReportSchema, ...onNode },
      },
    },
    async ({ params }) => nodes.doctor(params.node, false),
  );

  api.post(
    '/v1/nodes/:node/doctor',
    {
      config: access('node.administer', 'shared'),
      schema: {
        summary: 'Install what a node lacks, then check it again',
        operationId: 'fixNode',
        tags: ['nodes'],
        params: nodeParams,
        response: { 200: doctorReportSchema, ...onNode },
      },
    },
    async ({ params, principal }) => fixNode({ ...dependencies, principal }, params.node),
  );
};
