/** Images: uploading, building, listing and removing base disks. */
import { z } from 'zod';
import { imageSchema } from '../../model/image.ts';
import { type Api, imageParams, noBody, problems, type Routes } from '../route.ts';
import { acceptStream, streamBody } from '../stream-body.ts';

export const imageRoutes: Routes = (api, dependencies) => {
  const { store, images } = dependencies;

  api.get(
    '/v1/images',
    {
      schema: {
        summary: 'List the images',
        operationId: 'listImages',
        tags: ['images'],
        response: { 200: z.array(imageSchema), ...problems() },
      },
    },
    async () => store.images.list(),
  );

  api.get(
    '/v1/images/:image',
    {
      schema: {
        summary: 'Show an image',
        operationId: 'getImage',
        tags: ['images'],
        params: imageParams,
        response: { 200: imageSchema, ...problems('not-found') },
      },
    },
    async ({ params }) => store.images.get(params.image),
  );

  api.post(
    '/v1/images/:image/build-micro',
    {
      schema: {
        summary: 'Build the small guest image that Croft brings along',
        operationId: 'buildMicroImage',
        tags: ['images'],
        params: imageParams,
        response: { 201: imageSchema, ...problems('command.failed', 'disk.full', 'image.unusable') },
      },
    },
    async ({ params }, reply) => reply.code(201).send(await images.buildMicro(params.image)),
  );

  api.delete(
    '/v1/images/:image',
    {
      schema: {
        summary: 'Remove an image that no VM uses',
        operationId: 'removeImage',
        tags: ['images'],
        params: imageParams,
        response: { 204: noBody, ...problems('not-found', 'conflict.in-use') },
      },
    },
    async ({ params }, reply) => {
      await images.remove(params.image);
      return reply.code(204).send();
    },
  );

  api.register((scope: Api, _options, done) => {
    acceptStream(scope, 'application/octet-stream');
    scope.put(
      '/v1/images/:image',
      {
        schema: {
          summary: 'Upload a disk image, qcow2 or raw, and point the name at it',
          operationId: 'putImage',
          tags: ['images'],
          params: imageParams,
          ...streamBody('application/octet-stream'),
          response: { 201: imageSchema, ...problems('image.unusable', 'input.media-type', 'disk.full') },
        },
      },
      async ({ params, body }, reply) => reply.code(201).send(await images.add(params.image, body)),
    );
    done();
  });
};
