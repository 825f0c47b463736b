/** `croft vm reboot`, `guest` and `vnc`. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { CroftError } from '../../model/error.ts';
import { type VmName, vmName, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { guestText } from '../views/snapshot.ts';

export function registerVmOperations(vm: Command, context: CliContext): void {
  const oneVm = (name: string, description: string): Command =>
    vm.command(name).description(description).argument('<vm>', 'SLICE/VM', vmName);
  withExamples(
    oneVm('reboot', 'ask the guest of a VM to restart itself').option('--hard', 'reset it without asking'),
    'croft vm reboot hello/web',
    'croft vm reboot hello/web --hard',
  ).action(async ({ slice, vm: name }: VmName, { hard }: { hard?: true }) => {
    const client = await context.client();
    await client.vms.reboot(slice, name, hard ?? false);
    context.print(hard ? `${slice}/${name} was reset` : `${slice}/${name} was asked to restart itself`);
  });
  withExamples(withOutput(oneVm('guest', 'show what the guest agent of a VM reports')), 'croft vm guest hello/web').action(
    async ({ slice, vm: name }: VmName, { output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.vms.guest(slice, name), (report) => guestText(report, context.view()));
    },
  );
  withExamples(
    oneVm('vnc', 'offer the screen of a VM to a VNC viewer on this machine').option(
      '--port <port>',
      'port of 127.0.0.1 to offer it on, 0 lets the system choose',
      wholeNumber(0, 65_535),
      5901,
    ),
    'croft vm vnc hello/web',
  ).action(async ({ slice, vm: name }: VmName, { port }: { port: number }) => {
    const client = await context.client();
    await requireScreen(client, { slice, vm: name });
    await offerScreen(context, client, { slice, vm: name }, port);
  });
}

/** Rejects with an error that a viewer could not show. The screen speaks first, so its greeting shows that it works. */
async function requireScreen(client: Client, { slice, vm }: VmName): Promise<void> {
  const screen = await client.vms.vnc(slice, vm);
  try {
    await screen.output.getReader().read();
  } finally {
    screen.close();
  }
}

/** Until Ctrl-C; each viewer that connects gets a connection of its own. */
async function offerScreen(context: CliContext, client: Client, { slice, vm }: VmName, port: number): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    relay(client, { slice, vm }, socket).catch((error: unknown) => {
      socket.destroy();
      ended.reject(error);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: Error) => {
    throw new CroftError('conflict.in-use', `port ${port} cannot be used: ${cause.message}`, { hint: 'Name another with --port.', cause });
  });
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    context.say(`The screen of ${slice}/${vm} is at 127.0.0.1:${address.port}; connect a VNC viewer there. Ctrl-C ends it.`);
  }
  const release = context.environment.onInterrupt(() => ended.resolve());
  try {
    await ended.promise;
  } finally {
    release();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function relay(client: Client, { slice, vm }: VmName, socket: Socket): Promise<void> {
  const screen = await client.vms.vnc(slice, vm);
  socket.on('data', (data) => screen.send(new Uint8Array(data)));
  socket.once('close', () => screen.close());
  for await (const bytes of screen.output) if (!socket.write(bytes)) await once(socket, 'drain');
  socket.end();
}
