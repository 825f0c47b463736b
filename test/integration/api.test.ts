/** The client against the API over a real socket: operations, refusals, backups. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createClient } from '../../src/client/client.ts';
import { CroftError } from '../../src/model/error.ts';
import { listen, refusal } from '../api/listen.ts';
import { setStage, token } from '../api/stand-ins.ts';

const document = { text: 'slice: hello\nnetworks: { lan: {} }\nvms: { web: { image: micro, nics: [lan] } }\n' };

async function* contentOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('CR14 the client gets through each kind of operation, and the controller’s own errors with hint and issues', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  assert.deepEqual(await client.health(), { status: 'ok' });
  assert.equal((await client.version()).controller, stage.store.controllerId);
  const { lines } = await client.slices.plan(document);
  assert.equal(lines.length, 2);
  const { task } = await client.slices.apply(document);
  assert.equal((await client.tasks.get(task?.id ?? '')).state, 'running');
  assert.equal((await client.slices.get('hello')).vms[0]?.name, 'web');
  assert.deepEqual((await client.slices.plan({ text: await client.slices.export('hello') })).lines, []);
  assert.equal((await client.vms.list({ slice: 'hello' })).length, 1);
  assert.equal((await client.vms.restart('hello', 'web')).vm, 'web');
  assert.equal(await client.vms.consoleLog('hello', 'web', 3), 'web');
  assert.equal(await client.images.remove('micro').catch((error) => error.code), 'conflict.in-use');
  assert.equal((await client.events.latest()).sequence, (await client.events.list()).at(-1)?.sequence);
  await assert.rejects(client.slices.get('../nodes'), refusal('input.invalid'));
  await assert.rejects(client.slices.apply({ text: 'slice: x\nvms: { a: { image: micr } }\n' }), (error) => {
    assert.ok(error instanceof CroftError && error.hint !== undefined);
    const [issue] = error.issues;
    assert.deepEqual([issue?.path, issue?.line], ['vms.a.image', 2]);
    return true;
  });
});

test('CR14 a wrong token and a controller that is not there are told apart', async () => {
  await using stage = await setStage();
  const url = await listen(stage);
  for (const wrong of ['', 'wrong', `${token}x`]) {
    await assert.rejects(createClient({ url, token: wrong }).slices.list(), refusal('auth.required'));
    await assert.rejects(createClient({ url, token: wrong }).vms.console('hello', 'web'), refusal('auth.required'));
  }
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const absent = createClient({ url: `http://127.0.0.1:${port}`, token });
  for (const attempt of [
    () => absent.health(),
    () => absent.vms.console('hello', 'web'),
    () => absent.events.follow()[Symbol.asyncIterator]().next(),
  ]) {
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof CroftError && error.code === 'unavailable');
      assert.match(error.message, /ECONNREFUSED/);
      assert.match(error.hint ?? '', /croft up/);
      return true;
    });
  }
});

test('CR15 a backup restores into a new controller; over an existing one only when that is said', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await client.slices.apply(document);
  const backup = Buffer.from(await new Response(await client.backup()).arrayBuffer());
  assert.equal(JSON.parse(gunzipSync(backup).toString().split('\n')[0] ?? '').croft, 'backup');

  await using empty = await setStage();
  const other = createClient({ url: await listen(empty), token });
  await other.restore(contentOf(backup));
  assert.equal((await other.slices.get('hello')).name, 'hello');
  assert.equal((await other.version()).controller, stage.store.controllerId);
  await assert.rejects(other.restore(contentOf(backup)), refusal('conflict.confirm', /1 slice/));
  await other.restore(contentOf(backup), { replace: true });
  for (const [broken, code] of [
    [Buffer.from('not gzip'), 'input.syntax'],
    [backup.subarray(0, backup.length / 2), 'input.syntax'],
    [gzipSync('{"no":"backup"}\n'), 'input.invalid'],
  ] as const) {
    await assert.rejects(other.restore(contentOf(broken), { replace: true }), refusal(code));
  }
  assert.equal((await other.slices.get('hello')).name, 'hello');
});
