import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { commaList, duration, positiveNumber, sshAddress, vmName, wholeNumber } from './arguments.ts';

const refused = (work: () => unknown): void => assert.throws(work, InvalidArgumentError);

test('CR1 an SSH address has a user, a host and a port, of which only the host must be there', () => {
  assert.deepEqual(sshAddress('n1'), { address: 'n1' });
  assert.deepEqual(sshAddress('root@n1.example'), { user: 'root', address: 'n1.example' });
  assert.deepEqual(sshAddress('admin@192.0.2.1:2222'), { user: 'admin', address: '192.0.2.1', port: 2222 });
  assert.deepEqual(sshAddress('root@[2001:db8::1]:22'), { user: 'root', address: '2001:db8::1', port: 22 });
  assert.deepEqual(sshAddress('2001:db8::1'), { address: '2001:db8::1' });
  for (const text of ['', 'root@', '@n1', 'a b']) refused(() => sshAddress(text));
});

test('CR10 a VM is named by its slice and its own name', () => {
  assert.deepEqual(vmName('hello/web'), { slice: 'hello', vm: 'web' });
  for (const text of ['web', '/web', 'hello/', 'a/b/c']) refused(() => vmName(text));
});

test('CR14 times, numbers and lists are read strictly', () => {
  assert.deepEqual(['90', '90s', '5m', '1h'].map(duration), [90_000, 90_000, 300_000, 3_600_000]);
  for (const text of ['0', '5 m', '-1', '1d', '']) refused(() => duration(text));
  assert.equal(wholeNumber(0, 10)('10'), 10);
  for (const text of ['11', '1.5', '-1', '', '1e1']) refused(() => wholeNumber(0, 10)(text));
  assert.equal(positiveNumber('1.5'), 1.5);
  for (const text of ['0', '-1', '0x1', '']) refused(() => positiveNumber(text));
  assert.deepEqual(commaList('compute, network,'), ['compute', 'network']);
});
