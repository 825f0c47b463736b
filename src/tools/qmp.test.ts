import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { QmpSession } from './qmp.ts';

const greetingLine = '{"QMP":{"version":{},"capabilities":[]}}\r\n';

/** QEMU's side: sends the greeting, then answers each command with the result of `answer`. */
function fakeQemu(answer: (command: string, id: number) => string, greeting = greetingLine): Duplex {
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      const { execute, id } = JSON.parse(String(chunk));
      for (const letter of answer(execute, id)) stream.push(letter);
      done();
    },
  });
  stream.push(greeting);
  return stream;
}
const agree = (_command: string, id: number) => `{"return":{},"id":${id}}\n`;

test('CR7 answers are matched by id, through events and in whatever pieces they come', async () => {
  const events: string[] = [];
  const stream = fakeQemu((command, id) => `{"event":"POWERDOWN","timestamp":{}}\n{"return":{"said":"${command}"},"id":${id}}\n`);
  const session = await QmpSession.open(stream, 1000, (name) => events.push(name));
  assert.deepEqual(await session.execute('query-status'), { said: 'query-status' });
  assert.deepEqual(events, ['POWERDOWN', 'POWERDOWN']);
  session.close();
  await session.closed;
});

test("CR7 a refusal carries QEMU's words", async () => {
  const stream = fakeQemu((command, id) =>
    command === 'qmp_capabilities' ? agree(command, id) : `{"error":{"class":"CommandNotFound","desc":"no such thing"},"id":${id}}\n`,
  );
  const session = await QmpSession.open(stream, 1000);
  await assert.rejects(session.execute('nonsense'), { code: 'command.failed', message: /no such thing/ });
  session.close();
});

test('CR7 a QEMU that is silent, talks nonsense or hangs up is distinguished', async () => {
  await assert.rejects(QmpSession.open(fakeQemu(agree, ''), 20), { code: 'command.timeout' });
  await assert.rejects(QmpSession.open(fakeQemu(agree, 'SSH-2.0-OpenSSH\r\n'), 1000), { code: 'command.failed' });
  const closing = fakeQemu(agree, '');
  closing.push(null);
  await assert.rejects(QmpSession.open(closing, 1000), { code: 'vm.not-running' });
});

test('CR7 the end of the connection ends what still waits', async () => {
  const stream = fakeQemu((command, id) => (command === 'qmp_capabilities' ? agree(command, id) : ''));
  const session = await QmpSession.open(stream, 1000);
  const waiting = session.execute('quit');
  stream.push(null);
  await assert.rejects(waiting, { code: 'vm.not-running' });
  await session.closed;
});
