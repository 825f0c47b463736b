/** Backup and restore of the whole store. */
import { z } from 'zod';
import { backupContent, restoreBackup } from '../../commands/backup.ts';
import { access } from '../authorization.ts';
import { flagSchema, noBody, problems, type Routes, rawBody } from '../route.ts';
import { acceptStream, streamBody } from '../stream-body.ts';

export const backupRoutes: Routes = (api, dependencies) => {
  api.get(
    '/v1/backup',
    {
      config: access('controller.administer', 'shared'),
      schema: {
        summary: 'Download a consistent copy of the store',
        operationId: 'getBackup',
        tags: ['controller'],
        response: { 200: rawBody('application/gzip', 'Lines of JSON, compressed'), ...problems() },
      },
    },
    async (_request, reply) => reply.type('application/gzip').send(backupContent(dependencies.store) as never),
  );

  acceptStream(api, 'application/gzip');
  api.post(
    '/v1/restore',
    {
      config: access('controller.administer', 'shared'),
      schema: {
        summary: 'Replace the store by a backup; with `replace` also where it has nodes or slices',
        operationId: 'restoreBackup',
        tags: ['controller'],
        querystring: z.object({ replace: flagSchema }),
        ...streamBody('application/gzip'),
        response: { 204: noBody, ...problems('input.media-type', 'conflict.confirm') },
      },
    },
    async ({ query, body, principal }, reply) => {
      await restoreBackup({ ...dependencies, principal }, body, query.replace);
      return reply.code(204).send();
    },
  );
};
