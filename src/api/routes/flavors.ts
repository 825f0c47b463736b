/** Flavors: named sizes of VMs. */
import { z } from 'zod';
import { flavorSchema } from '../../model/vm/flavor.ts';
import { access } from '../authorization.ts';
import { problems, type Routes } from '../route.ts';

export const flavorRoutes: Routes = (api, { store }) => {
  api.get(
    '/v1/flavors',
    {
      config: access('flavor.read', 'shared'),
      schema: {
        summary: 'List the flavors',
        operationId: 'listFlavors',
        tags: ['images'],
        response: { 200: z.array(flavorSchema), ...problems() },
      },
    },
    async () => store.flavors.list(),
  );
};
