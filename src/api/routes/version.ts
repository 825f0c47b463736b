/** The controller's identity, its metrics, and the description of the API. */
import { z } from 'zod';
import { versionAnswerSchema } from '../../model/operations.ts';
import { access, open } from '../authorization.ts';
import { problems, type Routes, rawBody } from '../route.ts';

export const versionRoutes: Routes = (api, { store, version, metrics }) => {
  api.get(
    '/v1/health',
    {
      config: open,
      schema: {
        summary: 'Tell that the controller answers; needs no token',
        operationId: 'getHealth',
        tags: ['controller'],
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }), ...problems() },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  api.get(
    '/v1/version',
    {
      config: access('controller.read', 'shared'),
      schema: {
        summary: 'Tell which controller this is',
        operationId: 'getVersion',
        tags: ['controller'],
        response: { 200: versionAnswerSchema, ...problems() },
      },
    },
    async () => ({ version, controller: store.controllerId, database: store.dialect }),
  );

  api.get(
    '/v1/metrics',
    {
      config: access('controller.observe', 'shared'),
      schema: {
        summary: 'Give figures of nodes, VMs and the controller in the text format of Prometheus',
        operationId: 'getMetrics',
        tags: ['controller'],
        response: { 200: rawBody('text/plain', 'One figure a line'), ...problems() },
      },
    },
    async (_request, reply) => {
      reply.header('content-type', metrics.contentType);
      return await metrics.text();
    },
  );

  api.get('/v1/openapi.json', { config: open, schema: { hide: true } }, async (_request, reply) => reply.send(api.swagger()));
};
