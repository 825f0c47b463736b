/** Snapshots of VMs, resets, guest data, and screens. */
import { z } from 'zod';
import { CroftError } from '../../model/error.ts';
import { nameSchema } from '../../model/input/name.ts';
import { guestReportSchema, rebootRequestSchema, snapshotRequestSchema, snapshotSchema } from '../../model/vm/operations.ts';
import { access } from '../authorization.ts';
import { relayConsole } from '../console-relay.ts';
import { presentable } from '../problems.ts';
import { noBody, problems, type Routes, sliceOf, vmOfUpgrade, vmParams } from '../route.ts';

const snapshotParams = vmParams.extend({ snapshot: nameSchema });
const vmPath = '/v1/slices/:slice/vms/:vm';

export const vmOperationRoutes: Routes = (api, { operations }) => {
  api.get(
    `${vmPath}/snapshots`,
    {
      config: access('slice.read', 'slice'),
      schema: {
        summary: 'List the snapshots of a VM',
        operationId: 'listSnapshots',
        tags: ['vms'],
        params: vmParams,
        response: { 200: z.array(snapshotSchema), ...problems('not-found', 'vm.not-running', 'unsupported', 'node.unreachable') },
      },
    },
    async (request) => operations.snapshots(sliceOf(request), request.params.vm),
  );

  api.post(
    `${vmPath}/snapshots`,
    {
      config: access('slice.change', 'slice'),
      schema: {
        summary: 'Make a snapshot of the disks of a VM, with its memory where asked',
        operationId: 'makeSnapshot',
        tags: ['vms'],
        params: vmParams,
        body: snapshotRequestSchema,
        response: { 204: noBody, ...problems('not-found', 'conflict.exists', 'conflict.in-use', 'vm.not-running', 'unsupported') },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      await operations.snapshot(principal, sliceOf(request), params.vm, body.name, body.memory);
      return reply.code(204).send();
    },
  );

  api.post(
    `${vmPath}/snapshots/:snapshot/revert`,
    {
      config: access('slice.change', 'slice'),
      schema: {
        summary: 'Put a VM back to a snapshot; what was written since is lost',
        operationId: 'revertToSnapshot',
        tags: ['vms'],
        params: snapshotParams,
        response: { 204: noBody, ...problems('not-found', 'conflict.changed', 'conflict.in-use', 'vm.not-running', 'unsupported') },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      await operations.revert(principal, sliceOf(request), params.vm, params.snapshot);
      return reply.code(204).send();
    },
  );

  api.delete(
    `${vmPath}/snapshots/:snapshot`,
    {
      config: access('slice.change', 'slice'),
      schema: {
        summary: 'Remove a snapshot; the VM stays as it is',
        operationId: 'removeSnapshot',
        tags: ['vms'],
        params: snapshotParams,
        response: { 204: noBody, ...problems('not-found', 'conflict.in-use', 'vm.not-running', 'unsupported') },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      await operations.removeSnapshot(principal, sliceOf(request), params.vm, params.snapshot);
      return reply.code(204).send();
    },
  );

  api.post(
    `${vmPath}/reboot`,
    {
      config: access('slice.change', 'slice'),
      schema: {
        summary: 'Ask the guest of a VM to restart itself, or reset it',
        operationId: 'rebootVm',
        tags: ['vms'],
        params: vmParams,
        body: rebootRequestSchema,
        response: { 204: noBody, ...problems('not-found', 'conflict.in-use', 'vm.not-running', 'vm.unheeded', 'unsupported') },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      await operations.reboot(principal, sliceOf(request), params.vm, body.hard);
      return reply.code(204).send();
    },
  );

  api.get(
    `${vmPath}/guest`,
    {
      config: access('slice.enter', 'slice'),
      schema: {
        summary: 'Show what the agent in the guest says; null where none answers',
        operationId: 'getGuest',
        tags: ['vms'],
        params: vmParams,
        response: { 200: guestReportSchema.nullable(), ...problems('not-found', 'vm.not-running', 'unsupported') },
      },
    },
    async (request) => operations.guest(sliceOf(request), request.params.vm),
  );

  api.route({
    method: 'GET',
    url: `${vmPath}/vnc`,
    config: access('slice.enter', 'slice'),
    schema: {
      summary: 'Reach the screen of a VM over a WebSocket: binary frames are RFB, a text frame is the problem that ended it',
      operationId: 'openScreen',
      tags: ['vms'],
      params: vmParams,
      response: { 101: z.undefined().describe('The connection is a WebSocket from here on.'), ...problems('not-found', 'vm.not-running') },
    },
    handler: async () => {
      throw new CroftError('input.invalid', 'the screen is a WebSocket and was asked for without an upgrade');
    },
    wsHandler: (socket, request) => {
      const { slice, vm } = vmOfUpgrade(request);
      relayConsole(
        socket,
        () => operations.vnc(slice, vm),
        (error) => presentable(error, request),
      );
    },
  });
};
