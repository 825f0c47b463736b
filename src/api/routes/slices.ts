/** Slices: planning, applying, showing, starting, stopping and removing them. */
import { z } from 'zod';
import { listedOwner, ownedBy } from '../../access/authorize.ts';
import { previewChange } from '../../commands/preview.ts';
import { applySlice, desireSlice, planSlice } from '../../commands/slices.ts';
import { nameSchema } from '../../model/input/name.ts';
import { applyAnswerSchema, applyRequestSchema, planAnswerSchema, planRequestSchema, type SliceDocument } from '../../model/operations.ts';
import { describeChange } from '../../model/slice/change-words.ts';
import { exportSlice } from '../../model/slice/export.ts';
import { sliceSummarySchema, sliceViewSchema } from '../../model/slice/view.ts';
import { taskSchema } from '../../model/task.ts';
import { access } from '../authorization.ts';
import { presentChange } from '../present/change.ts';
import { presentTask } from '../present/record.ts';
import { presentSlice, summariseSlice, summariseSlices } from '../present/slice.ts';
import { countUnreadable, noteUnreadable, problems, type Routes, rawBody, sliceOf, sliceParams, unreadableNote } from '../route.ts';

/** The owner of a slice file's slice: the principal, where no owner is named. */
const ownerQuery = z.object({ owner: nameSchema.optional() });

export const sliceRoutes: Routes = (api, dependencies) => {
  const { store } = dependencies;

  api.get(
    '/v1/slices',
    {
      config: access('slice.read', 'asker'),
      schema: {
        summary: 'List the slices',
        description: `Sorted by owner and name. ${unreadableNote}`,
        operationId: 'listSlices',
        tags: ['slices'],
        response: { 200: z.array(sliceSummarySchema), ...problems() },
      },
    },
    async ({ principal }, reply) => {
      const filter = ownedBy(listedOwner(principal, 'slice.read'));
      const [slices, vms, names] = await Promise.all([
        store.slices.list(filter, countUnreadable(reply)),
        store.vms.outlines(filter),
        store.nodes.names(),
      ]);
      return summariseSlices(slices, vms, names, principal);
    },
  );

  api.get(
    '/v1/slices/:slice',
    {
      config: access('slice.read', 'slice'),
      schema: {
        summary: 'Show a slice with its networks and VMs',
        description: unreadableNote,
        operationId: 'getSlice',
        tags: ['slices'],
        params: sliceParams,
        response: { 200: sliceViewSchema, ...problems('not-found') },
      },
    },
    async (request, reply) => {
      const slice = await store.slices.get(sliceOf(request));
      const [networks, { vms, unreadable }, names] = await Promise.all([
        store.slices.networks(slice.id),
        store.vms.page({ slice: slice.name }),
        store.nodes.names(),
      ]);
      noteUnreadable(reply, unreadable);
      return presentSlice(slice, networks, vms, names, request.principal);
    },
  );

  api.post(
    '/v1/slices/plan',
    {
      config: access('slice.change', 'query'),
      schema: {
        summary: 'Show what applying a slice file would change',
        operationId: 'planSlice',
        tags: ['slices'],
        querystring: ownerQuery,
        body: planRequestSchema,
        response: { 200: planAnswerSchema, ...problems('input.syntax', 'conflict.in-use') },
      },
    },
    async ({ principal, query, body }) => {
      const change = await planSlice(dependencies, query.owner ?? principal.name, documentOf(body));
      return presentChange(change, await previewChange(dependencies, change), principal);
    },
  );

  api.post(
    '/v1/slices/apply',
    {
      config: access('slice.change', 'query'),
      schema: {
        summary: 'Make a slice what a slice file says',
        operationId: 'applySlice',
        tags: ['slices'],
        querystring: ownerQuery,
        body: applyRequestSchema,
        response: {
          200: applyAnswerSchema,
          ...problems(
            'input.syntax',
            'conflict.in-use',
            'conflict.changed',
            'conflict.confirm',
            'not-found',
            'exhausted.segments',
            'exhausted.addresses',
            'exhausted.transit',
          ),
        },
      },
    },
    async ({ principal, query, body }) => {
      const owner = query.owner ?? principal.name;
      const { slice, task, change } = await applySlice({ ...dependencies, principal }, owner, documentOf(body), body);
      const [vms, names] = await Promise.all([store.vms.outlines({ slice: slice.name }), store.nodes.names()]);
      return {
        slice: summariseSlice(slice, vms, names, principal),
        task: task === null ? null : presentTask(task, principal),
        lines: describeChange(change),
      };
    },
  );

  api.get(
    '/v1/slices/:slice/export',
    {
      config: access('slice.read', 'slice'),
      schema: {
        summary: 'Write a slice as a slice file, YAML, that applies to the same slice',
        operationId: 'exportSlice',
        tags: ['slices'],
        params: sliceParams,
        response: { 200: rawBody('application/yaml', 'A slice file'), ...problems('not-found') },
      },
    },
    async (request, reply) => {
      const { spec } = await store.slices.get(sliceOf(request));
      return reply
        .type('application/yaml')
        .serializer((text: unknown) => String(text))
        .send(exportSlice(spec));
    },
  );

  const changes = [
    { method: 'POST', path: '/start', operationId: 'startSlice', desired: 'running', summary: 'Start all VMs of a slice' },
    {
      method: 'POST',
      path: '/stop',
      operationId: 'stopSlice',
      desired: 'stopped',
      summary: 'Stop all VMs of a slice; disks and addresses stay',
    },
    { method: 'DELETE', path: '', operationId: 'removeSlice', desired: 'absent', summary: 'Remove a slice with all its VMs and disks' },
  ] as const;
  for (const { method, path, operationId, desired, summary } of changes) {
    api.route({
      method,
      url: `/v1/slices/:slice${path}`,
      config: access('slice.change', 'slice'),
      schema: {
        summary,
        operationId,
        tags: ['slices'],
        params: sliceParams,
        response: { 202: taskSchema, ...problems('not-found', 'conflict.in-use') },
      },
      handler: async (request, reply) => {
        const { principal } = request;
        const task = await desireSlice({ ...dependencies, principal }, sliceOf(request), desired);
        return reply.code(202).send(presentTask(task, principal));
      },
    });
  }
};

const documentOf = ({ text, file }: z.output<typeof planRequestSchema>): SliceDocument => (text === undefined ? { file } : { text });
