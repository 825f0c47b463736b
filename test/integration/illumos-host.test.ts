import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStandIns } from '../stand-ins/zones/machine.ts';

test('CR8 a hung command on illumos dies with its children, and the next one runs', async () => {
  await using machine = await openStandIns();
  const { host } = machine;
  const script = '(sleep 1357 & sleep 1357 & wait); sleep 1357';
  await assert.rejects(host.batch([{ argv: ['sh', '-c', script], timeout: 1_000 }]), { code: 'command.timeout', message: /were killed/ });
  const [left] = await host.batch([{ argv: ['ps', '-e', '-o', 's=', '-o', 'args='], stdin: 'read as base64' }]);
  assert.doesNotMatch(left?.stdout ?? '', /^[^Z].*sleep 1357/m);
});
