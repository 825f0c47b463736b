import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import ssh2 from 'ssh2';
import { run } from '../../src/host/host.ts';
import { createSshHost, readHostKey } from '../../src/host/ssh-host.ts';
import { disposable, failing, hostOn } from './ssh-host-stage.ts';
import { makeKey, type Sshd, sshdMissing, startSshd } from './sshd.ts';

test('CR8 a machine that says goodbye and dies while much is being sent to it is given up at once', {
  skip: sshdMissing,
  timeout: 60_000,
}, async () => {
  await using sshd = await startSshd();
  await using gate = await startGate(sshd);
  await using host = gate.host;
  // Each may have 2 MiB on its way: together more than the system takes for a machine that reads nothing any more.
  const programs = await Promise.all(Array.from({ length: 8 }, () => host.spawn({ argv: ['sh', '-c', 'cat >/dev/null'] })));
  gate.close('with a goodbye');
  for (const { stdin } of programs) {
    stdin.on('error', () => undefined);
    stdin.write(Buffer.alloc(4 * 1024 ** 2));
  }
  for (const { exited } of programs) await assert.rejects(exited, failing('node.unreachable'));
});

test('CR8 closing the connection to a machine that is dead does not wait for its goodbye', {
  skip: sshdMissing,
  timeout: 60_000,
}, async () => {
  await using sshd = await startSshd();
  await using gate = await startGate(sshd);
  await run(gate.host, { argv: ['true'] });
  gate.close('in silence');
  await gate.host.close();
  await assert.rejects(run(gate.host, { argv: ['true'] }), failing('node.unreachable'));
});

/** A connection to the sshd that can be closed: nothing passes any more, and no end but its own goodbye is reported. */
async function startGate(sshd: Sshd) {
  const sockets: Socket[] = [];
  let closed = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const inner = connect(sshd.target.port, sshd.target.address);
    sockets.push(client, inner);
    for (const socket of [client, inner]) socket.on('error', () => undefined);
    if (!closed) client.pipe(inner).pipe(client, { end: false });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = disposable(createSshHost({ name: 'node1', target: { ...sshd.target, address: '127.0.0.1', port }, sudo: null }));
  const close = (manner: 'with a goodbye' | 'in silence') => {
    closed = true;
    for (const socket of sockets) socket.unpipe().pause();
    if (manner === 'with a goodbye') sockets[0]?.end();
  };
  const dispose = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { host, close, [Symbol.asyncDispose]: dispose };
}

describe('CR8 silence', { skip: sshdMissing, concurrency: true }, () => {
  test('CR8 a machine that never answers is given up after ten seconds', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets: { destroy(): void }[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    const { port } = silent.address() as { port: number };
    const hostKey = `SHA256:${'A'.repeat(43)}`;
    const host = createSshHost({ name: 'node1', target: { address: '127.0.0.1', port, user: 'root', hostKey }, sudo: null });
    await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable', 'Timed out'));
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('CR8 a jump host that does not get through is given up after ten seconds, with the connection to it', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'croft-jump-'));
    context.after(() => rm(folder, { recursive: true }));
    const keyFile = makeKey(folder, 'key');
    const ended = Promise.withResolvers<void>();
    const jump = new ssh2.Server({ hostKeys: [await readFile(keyFile)] }, (client) => {
      client.on('authentication', (attempt) => attempt.accept());
      // Neither accepted nor refused.
      client.on('tcpip', () => undefined);
      client.on('error', () => undefined).on('close', () => ended.resolve());
    });
    jump.listen(0, '127.0.0.1');
    await once(jump, 'listening');
    const { port } = jump.address() as AddressInfo;
    const hostKey = await readHostKey({ name: 'node1', target: { address: '127.0.0.1', port, user: 'root' } });
    const way = { address: '127.0.0.1', port, user: 'root', keyFile, hostKey };
    const host = createSshHost({ name: 'node1', target: { ...way, address: '192.0.2.1', jump: way }, sudo: null });
    await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable', 'jump host', '192.0.2.1', 'within 10 s'));
    await ended.promise;
    await new Promise<void>((resolve) => jump.close(() => resolve()));
  });

  test('CR8 a connection that has gone silent is noticed in about 15 s', async () => {
    await using sshd = await startSshd();
    await using host = hostOn(sshd);
    const freezing = run(host, { argv: ['sh', '-c', 'pkill -STOP -x sshd'], timeout: 60_000 });
    const start = performance.now();
    await assert.rejects(freezing, failing('node.unreachable'));
    assert.ok(performance.now() - start < 25_000);
  });
});
