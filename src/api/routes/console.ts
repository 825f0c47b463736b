/** The serial console of a VM: its output so far, and a WebSocket to watch and type. */
import { z } from 'zod';
import { CroftError } from '../../model/error.ts';
import { longestLog } from '../../model/vm/operations.ts';
import { access } from '../authorization.ts';
import { relayConsole } from '../console-relay.ts';
import { presentable } from '../problems.ts';
import { countSchema, problems, type Routes, rawBody, sliceOf, vmOfUpgrade, vmParams } from '../route.ts';

export const consoleRoutes: Routes = (api, { console }) => {
  api.get(
    '/v1/slices/:slice/vms/:vm/console-log',
    {
      config: access('slice.enter', 'slice'),
      schema: {
        summary: 'Show the end of what a VM printed on its serial console',
        operationId: 'getConsoleLog',
        tags: ['vms'],
        params: vmParams,
        querystring: z.object({ bytes: countSchema(1, longestLog).default(64 * 1024) }),
        response: {
          200: rawBody('text/plain', 'The last bytes, as text'),
          ...problems('not-found', 'node.unreachable', 'vm.not-running', 'unsupported'),
        },
      },
    },
    async (request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(await console.log(sliceOf(request), request.params.vm, request.query.bytes)),
  );

  api.route({
    method: 'GET',
    url: '/v1/slices/:slice/vms/:vm/console',
    config: access('slice.enter', 'slice'),
    schema: {
      summary:
        'Attach to the serial console of a VM over a WebSocket: binary frames are its bytes, an empty one says that it is open, a text frame is the problem that ended it',
      operationId: 'openConsole',
      tags: ['vms'],
      params: vmParams,
      response: { 101: z.undefined().describe('The connection is a WebSocket from here on.'), ...problems('not-found', 'vm.not-running') },
    },
    handler: async () => {
      throw new CroftError('input.invalid', 'the console is a WebSocket and was asked for without an upgrade');
    },
    wsHandler: (socket, request) => {
      const { slice, vm } = vmOfUpgrade(request);
      relayConsole(
        socket,
        (signal) => console.open(slice, vm, signal),
        (error) => presentable(error, request),
      );
    },
  });
};
