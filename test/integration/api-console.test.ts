/** The serial console over a real WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createClient } from '../../src/client/client.ts';
import { CroftError } from '../../src/model/error.ts';
import { listen, refusal } from '../api/listen.ts';
import { setStage, token } from '../api/stand-ins.ts';
import { runFake } from '../support/fake-environment.ts';

test('CR10 the console carries bytes both ways, and ends with the guest', async () => {
  const guest = new PassThrough();
  await using stage = await setStage({ console: { open: async () => guest, log: async () => '' } });
  const client = createClient({ url: await listen(stage), token });
  const console = await client.vms.console('hello', 'web');
  const reader = console.output.getReader();
  assert.equal(await console.opened, true);
  for (const typed of ['uname\n', new Uint8Array([0, 255, 29, 128])]) {
    console.send(typed);
    assert.deepEqual(Buffer.from((await reader.read()).value ?? []), Buffer.from(typed as string));
  }
  guest.end();
  assert.equal((await reader.read()).done, true);
});

test('CR10 a viewer that goes away lets go of the console', async () => {
  const guest = new PassThrough();
  await using stage = await setStage({ console: { open: async () => guest, log: async () => '' } });
  const client = createClient({ url: await listen(stage), token });
  const console = await client.vms.console('hello', 'web');
  const released = once(guest, 'close');
  console.close();
  await released;
});

test('CR10 a viewer that goes away before the console is open is not waited for', async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await using stage = await setStage({
    console: {
      open: async (_slice, _vm, signal) => {
        asked.resolve(signal);
        await once(signal, 'abort');
        throw signal.reason;
      },
      log: async () => '',
    },
  });
  const client = createClient({ url: await listen(stage), token });
  const console = await client.vms.console('hello', 'web');
  const signal = await asked.promise;
  console.send('typed before it is open');
  const left = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  console.close();
  await left;
});

test('CR10 a console that cannot be opened, or breaks, ends with the reason', async () => {
  const broken = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(new CroftError('node.unreachable', 'one is down')),
  });
  await using stage = await setStage({
    console: {
      open: async (_slice, vm) => {
        if (vm === 'off') throw new CroftError('vm.not-running', 'hello/off does not run', { hint: 'start it' });
        return broken;
      },
      log: async () => '',
    },
  });
  const client = createClient({ url: await listen(stage), token });
  const off = await client.vms.console('hello', 'off');
  assert.equal(await off.opened, false);
  await assert.rejects(off.output.getReader().read(), refusal('vm.not-running', /hello\/off does not run/));
  const on = await client.vms.console('hello', 'web');
  on.send('x');
  await assert.rejects(on.output.getReader().read(), refusal('node.unreachable', /one is down/));
  await assert.rejects(client.vms.console('a$(reboot)', 'web'), refusal('input.invalid', /a–z/));
});

test('CR10 who uses a console for a while hears why it could not be opened, and has that while once it is, however long that takes', async () => {
  const opening = Promise.withResolvers<void>();
  await using stage = await setStage({
    console: {
      async open(_slice, vm) {
        // As of a node that takes longer to be reached than its viewer wants to look at the console.
        await opening.promise;
        if (vm === 'off') throw new CroftError('vm.not-running', 'hello/off does not run', { hint: 'start it' });
        return new PassThrough();
      },
      log: async () => '',
    },
  });
  const client = createClient({ url: await listen(stage), token });
  const use = (vm: string) => runFake(['vm', 'console', `hello/${vm}`, '--for', '0.01'], { client, input: 'typed\n' });
  const used = Promise.all([use('off'), use('web')]);
  // A WebSocket that says goodbye is not heard any more after three seconds.
  setTimeout(opening.resolve, 3_500);
  const [off, web] = await used;
  assert.match(off.stderr, /hello\/off does not run/);
  assert.notEqual(off.code, 0);
  assert.deepEqual([web.code, web.stdout], [0, 'typed\n']);
});

test('CR13 the console of a slice opens for its owner by its name, and for no other member', async () => {
  const opened: string[] = [];
  await using stage = await setStage({
    console: {
      open: async (slice, vm) => {
        opened.push(`${slice}/${vm}`);
        return new PassThrough();
      },
      log: async () => '',
    },
  });
  const url = await listen(stage);
  const [administrator, ann, bob] = [token, 'token-of-ann', 'token-of-bob'].map((own) => createClient({ url, token: own }));
  assert.ok(administrator && ann && bob);
  for (const [client, slice] of [
    [administrator, 'ann:hello'],
    [ann, 'hello'],
    [bob, 'hello'],
  ] as const) {
    const console = await client.vms.console(slice, 'web');
    assert.equal(await console.opened, true);
    console.close();
  }
  await assert.rejects(bob.vms.console('ann:hello', 'web'), refusal('not-found', /there is no slice "ann:hello"/));
  assert.deepEqual(opened, ['ann:hello/web', 'ann:hello/web', 'bob:hello/web']);
});
