import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import type { Host } from './host.ts';
import { run } from './host.ts';
import { createLocalHost } from './local-host.ts';

let host: Host;
beforeEach(() => {
  host = createLocalHost({ name: 'here', sudo: false });
});
afterEach(() => host.close());

test('CR8 this machine answers a batch and says who the login is', async () => {
  const results = await host.batch([{ argv: ['echo', 'one'] }, { argv: ['sh', '-c', 'exit 4'] }, { argv: ['cat'], stdin: 'three' }]);
  assert.deepEqual(
    results.map(({ code, stdout }) => [code, stdout]),
    [
      [0, 'one\n'],
      [4, ''],
      [0, 'three'],
    ],
  );
  assert.deepEqual(await host.login(), { user: userInfo().username, groupId: userInfo().gid });
  assert.deepEqual(await host.batch([]), []);
});

test("CR8 the controller's environment stays with the controller", async () => {
  process.env.CROFT_TEST_SECRET = 'secret';
  try {
    assert.doesNotMatch((await run(host, { argv: ['env'] })).stdout, /secret/);
  } finally {
    delete process.env.CROFT_TEST_SECRET;
  }
});

test('CR8 a hung command on this machine dies with its children', async () => {
  const script = '(setsid sleep 1234 & echo $! >&2; sleep 1234 & echo $! >&2); env -i sleep 1234';
  const hung = host.batch([{ argv: ['sh', '-c', 'echo $$'] }, { argv: ['sh', '-c', script], timeout: 500 }, { argv: ['echo', 'never'] }]);
  await assert.rejects(hung, { code: 'command.timeout', node: 'here' });
  const left = await run(host, { argv: ['sh', '-c', 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$file"; done 2>/dev/null'] });
  assert.doesNotMatch(left.stdout, /sleep 1234/);
});

test('CR8 a program on this machine has exact streams, an exit code and can be killed', async () => {
  const data = Buffer.from([0, 255, 10, 13, 0]);
  const program = await host.spawn({ argv: ['sh', '-c', 'cat; echo "$1" >&2; exit 9', 'sh', "it's"] });
  program.stdin.end(data);
  assert.deepEqual(await Promise.all([buffer(program.stdout), text(program.stderr), program.exited]), [data, "it's\n", 9]);
  const long = await host.spawn({ argv: ['sleep', '4321'] });
  long.stdout.resume();
  long.stderr.resume();
  await long.kill();
  assert.equal(await long.exited, 137);
  const missing = await host.spawn({ argv: ['no-such-program'] });
  missing.stdout.resume();
  assert.match(await text(missing.stderr), /no-such-program/);
  assert.equal(await missing.exited, 127);
});

test('CR8 a Unix socket of this machine is reached; a missing one is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-socket-'));
  const path = join(folder, 'socket');
  const server = createServer((socket) => socket.end('hello')).listen(path);
  await once(server, 'listening');
  try {
    assert.equal(await text(await host.connect(path)), 'hello');
    await assert.rejects(host.connect(`${path}2`), { code: 'not-found', message: /socket2/ });
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});

test('CR8 a host reconnects after it was closed, but never after it was ended for good', async () => {
  await host.close();
  assert.equal((await run(host, { argv: ['echo', 'again'] })).stdout, 'again\n');
  const other = createLocalHost({ name: 'there', sudo: false });
  await other.end();
  await assert.rejects(run(other, { argv: ['true'] }), { code: 'node.unreachable', node: 'there' });
  await assert.rejects(other.spawn({ argv: ['true'] }), { code: 'node.unreachable' });
});
