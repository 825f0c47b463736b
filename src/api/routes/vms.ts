/** VMs: showing, starting, stopping, restarting and removing single ones. */
import { z } from 'zod';
import { listedOwner, ownedBy } from '../../access/authorize.ts';
import { cursorOf, positionOf } from '../../commands/vm-cursor.ts';
import { requestOfVm } from '../../commands/vms.ts';
import { sliceAddressSchema, sliceMeantBy } from '../../model/access/slice-name.ts';
import { nameSchema } from '../../model/input/name.ts';
import { taskSchema } from '../../model/task.ts';
import { vmViewSchema } from '../../model/vm/view.ts';
import { access } from '../authorization.ts';
import { presentTask } from '../present/record.ts';
import { presentVm } from '../present/vm.ts';
import { countSchema, noteUnreadable, problems, type Routes, sliceOf, unreadableNote, vmParams } from '../route.ts';

/** VMs on a page. */
const mostOnPage = 1000;

export const vmRoutes: Routes = (api, dependencies) => {
  const { store } = dependencies;

  api.get(
    '/v1/vms',
    {
      config: access('slice.read', 'slice'),
      schema: {
        summary: 'List the VMs, of one slice or on one node where asked; with a limit, a page of them',
        description: `Sorted by owner, slice and name. A page that is not the last has the header \`next\`: the value of \`after\` for the next one. ${unreadableNote}`,
        operationId: 'listVms',
        tags: ['vms'],
        querystring: z.object({
          slice: sliceAddressSchema.optional(),
          node: nameSchema.optional(),
          limit: countSchema(1, mostOnPage).optional(),
          after: z.string().max(400).optional(),
        }),
        response: { 200: z.array(vmViewSchema), ...problems('not-found') },
      },
    },
    async ({ principal, query }, reply) => {
      const filter = {
        ...ownedBy(listedOwner(principal, 'slice.read')),
        ...(query.limit !== undefined && { limit: query.limit }),
        ...(query.after !== undefined && { after: positionOf(query.after) }),
        ...(query.slice !== undefined && { slice: (await store.slices.get(sliceMeantBy(principal, query.slice))).name }),
        ...(query.node !== undefined && { nodeId: (await store.nodes.get(query.node)).id }),
      };
      const [{ vms, unreadable, next }, names] = await Promise.all([store.vms.page(filter), store.nodes.names()]);
      noteUnreadable(reply, unreadable);
      if (next !== null) void reply.header('next', cursorOf(next));
      return vms.map((vm) => presentVm(vm, names, principal));
    },
  );

  api.get(
    '/v1/slices/:slice/vms/:vm',
    {
      config: access('slice.read', 'slice'),
      schema: {
        summary: 'Show a VM',
        operationId: 'getVm',
        tags: ['vms'],
        params: vmParams,
        response: { 200: vmViewSchema, ...problems('not-found') },
      },
    },
    async (request) => {
      const [vm, names] = await Promise.all([store.vms.get(sliceOf(request), request.params.vm), store.nodes.names()]);
      return presentVm(vm, names, request.principal);
    },
  );

  const changes = [
    { method: 'POST', path: '/start', request: 'start', summary: 'Start a VM' },
    { method: 'POST', path: '/stop', request: 'stop', summary: 'Stop a VM; its disk and addresses stay' },
    { method: 'POST', path: '/restart', request: 'restart', summary: 'Restart a VM; its disk stays' },
    { method: 'POST', path: '/pause', request: 'pause', summary: 'Pause the guest of a VM' },
    { method: 'POST', path: '/resume', request: 'resume', summary: 'Resume the paused guest of a VM' },
    { method: 'DELETE', path: '', request: 'remove', summary: 'Remove a VM and its disk, also from its slice' },
  ] as const;
  for (const { method, path, request, summary } of changes) {
    api.route({
      method,
      url: `/v1/slices/:slice/vms/:vm${path}`,
      config: access('slice.change', 'slice'),
      schema: {
        summary,
        operationId: `${request}Vm`,
        tags: ['vms'],
        params: vmParams,
        response: { 202: taskSchema, ...problems('not-found', 'conflict.in-use', 'vm.not-running', 'node.unreachable', 'unsupported') },
      },
      handler: async (asked, reply) => {
        const { principal, params } = asked;
        const task = await requestOfVm({ ...dependencies, principal }, sliceOf(asked), params.vm, request);
        return reply.code(202).send(presentTask(task, principal));
      },
    });
  }
};
