/** Images: fetching, uploading, building, listing, checking and removing base disks. */
import { z } from 'zod';
import { keepImage, pullImage } from '../../commands/images.ts';
import { usualTraits } from '../../model/image/definition.ts';
import { imageSchema } from '../../model/image/image.ts';
import {
  catalogueEntrySchema,
  type ImportOptions,
  importQuerySchema,
  prepullRequestSchema,
  pullRequestSchema,
} from '../../model/image/requests.ts';
import { imageCheckSchema, imageCollectionSchema, imageViewSchema } from '../../model/image/view.ts';
import { access } from '../authorization.ts';
import { listImages, showImage, unlessAlias } from '../images.ts';
import { presentCatalogue } from '../present/image.ts';
import { countUnreadable, flagSchema, imageParams, inScope, noBody, problems, type Routes, rawBody, unreadableNote } from '../route.ts';
import { acceptStream, streamBody } from '../stream-body.ts';

export const imageRoutes: Routes = (api, dependencies) => {
  const { store, images } = dependencies;

  api.get(
    '/v1/images',
    {
      config: access('image.read', 'shared'),
      schema: {
        summary: 'List the images',
        operationId: 'listImages',
        description: unreadableNote,
        tags: ['images'],
        response: { 200: z.array(imageViewSchema), ...problems() },
      },
    },
    async (_request, reply) => listImages(dependencies, countUnreadable(reply)),
  );

  api.get(
    '/v1/image-catalogue',
    {
      config: access('image.read', 'shared'),
      schema: {
        summary: 'List the images that the image map knows where to fetch from',
        operationId: 'listImageCatalogue',
        tags: ['images'],
        response: { 200: z.array(catalogueEntrySchema), ...problems('input.syntax') },
      },
    },
    async () => presentCatalogue(await images.mapAsWritten(), await store.images.list()),
  );

  api.post(
    '/v1/image-collection',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Remove image files that nothing needs, from the library and from all nodes',
        operationId: 'collectImages',
        tags: ['images'],
        querystring: z.object({ dryRun: flagSchema, idle: flagSchema }),
        response: { 200: z.array(imageCollectionSchema), ...problems() },
      },
    },
    async ({ query }) => images.collect(query),
  );

  api.get(
    '/v1/images/:image',
    {
      config: access('image.read', 'shared'),
      schema: {
        summary: 'Show an image, where it is, and how its fetching goes',
        operationId: 'getImage',
        tags: ['images'],
        params: imageParams,
        response: { 200: imageViewSchema, ...problems('not-found') },
      },
    },
    async ({ params }) => showImage(dependencies, params.image),
  );

  api.post(
    '/v1/images/:image/pull',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Fetch an image, again where it is present; VMs keep the content that they were made from',
        operationId: 'pullImage',
        tags: ['images'],
        params: imageParams,
        body: pullRequestSchema,
        response: { 202: imageViewSchema, ...problems('not-found', 'input.syntax') },
      },
    },
    async ({ params, body, principal }, reply) => {
      const name = await pullImage({ ...dependencies, principal }, params.image, body);
      return reply.code(202).send(await showImage(dependencies, name));
    },
  );

  api.put(
    '/v1/images/:image/prepull',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Say where an image is kept in advance',
        operationId: 'setPrepull',
        tags: ['images'],
        params: imageParams,
        body: prepullRequestSchema,
        response: { 200: imageViewSchema, ...problems('not-found') },
      },
    },
    async ({ params, body, principal }) => {
      await unlessAlias(dependencies, params.image, keepImage({ ...dependencies, principal }, params.image, body.prepull));
      return await showImage(dependencies, params.image);
    },
  );

  api.post(
    '/v1/images/:image/verify',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Hash an image again in the library and on each node that has it',
        operationId: 'verifyImage',
        tags: ['images'],
        params: imageParams,
        response: { 200: z.array(imageCheckSchema), ...problems('not-found') },
      },
    },
    async ({ params }) => unlessAlias(dependencies, params.image, images.verify(params.image)),
  );

  api.get(
    '/v1/images/:image/content',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Download the file of an image',
        operationId: 'exportImage',
        tags: ['images'],
        params: imageParams,
        response: { 200: rawBody('application/octet-stream', 'qcow2, raw or ISO'), ...problems('not-found', 'image.unusable') },
      },
    },
    async ({ params }, reply) => {
      const { content, stream } = await unlessAlias(dependencies, params.image, images.open(params.image));
      return reply
        .type('application/octet-stream')
        .header('content-length', content.size)
        .header('x-croft-format', content.format)
        .header('x-croft-sha256', content.sha256)
        .send(stream as never);
    },
  );

  api.post(
    '/v1/images/:image/build-micro',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Build the small guest image that Croft brings along',
        operationId: 'buildMicroImage',
        tags: ['images'],
        params: imageParams,
        response: { 201: imageSchema, ...problems('command.failed', 'disk.full', 'image.unusable') },
      },
    },
    async ({ params, principal }, reply) => reply.code(201).send(await images.buildMicro(principal, params.image)),
  );

  api.post(
    '/v1/images/:image/build-debian',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: "Build a guest image with systemd and cloud-init from the packages of the controller's release of Debian or Ubuntu",
        operationId: 'buildDebianImage',
        tags: ['images'],
        params: imageParams,
        response: { 201: imageSchema, ...problems('command.failed', 'disk.full', 'image.unusable') },
      },
    },
    async ({ params, principal }, reply) => reply.code(201).send(await images.buildDebian(principal, params.image)),
  );

  api.delete(
    '/v1/images/:image',
    {
      config: access('image.administer', 'shared'),
      schema: {
        summary: 'Remove an image that no VM uses',
        operationId: 'removeImage',
        tags: ['images'],
        params: imageParams,
        response: { 204: noBody, ...problems('not-found', 'conflict.in-use') },
      },
    },
    async ({ params, principal }, reply) => {
      await unlessAlias(dependencies, params.image, images.remove(principal, params.image));
      return reply.code(204).send();
    },
  );

  inScope(api, (scope) => {
    acceptStream(scope, 'application/octet-stream');
    scope.put(
      '/v1/images/:image',
      {
        config: access('image.administer', 'shared'),
        schema: {
          summary: 'Upload an image (qcow2, raw, VMDK, VHDX or ISO) and point the name at it',
          operationId: 'putImage',
          tags: ['images'],
          params: imageParams,
          querystring: importQuerySchema,
          ...streamBody('application/octet-stream'),
          response: { 201: imageSchema, ...problems('image.unusable', 'input.media-type', 'disk.full') },
        },
      },
      async ({ params, query, body, principal }, reply) =>
        reply.code(201).send(await images.add(principal, params.image, body, traitsOf(query))),
    );
  });
};

function traitsOf({ architecture, firmware, nocloud, backend }: ImportOptions): typeof usualTraits {
  return {
    ...usualTraits,
    ...(architecture !== undefined && { architecture }),
    ...(firmware !== undefined && { firmware }),
    ...(nocloud !== undefined && { nocloud: nocloud === 'true' }),
    ...(backend !== undefined && { backend }),
  };
}
