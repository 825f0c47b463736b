import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processName, vmUserId } from './identity.ts';
import { parseObserved } from './qemu-observe.ts';

const id = 'aaaaaaaaaaaaaaaa';
const record = '{"hash":"prepared","label":"a\\tb"}';

function observed(parts: { pid?: string; exit?: string; stopping?: 'yes' | 'no'; started?: string; record?: string }, more: string[] = []) {
  const { pid = '', exit = '', stopping = 'no', started = '', record: line = record } = parts;
  const stdout = [['vm', id, pid, exit, stopping, started, line].join('\t'), ...more, ''].join('\n');
  const [vm] = parseObserved({ code: 0, stdout, stderr: '' });
  return vm;
}
const process = (pid: number, user: number, name: string) => [
  `==> /proc/${pid}/status <==`,
  'Name:\tqemu-system-x86',
  `Uid:\t${user}\t${user}\t${user}\t${user}`,
  '',
  `==> /proc/${pid}/cmdline <==`,
  'qemu-system-x86_64',
  '-name',
  name,
];

test('CR7 a process with the pid, the user and the name of a VM is its own', () => {
  assert.deepEqual(observed({ pid: '70', started: '1700000000 running' }, process(70, vmUserId(id), processName(id))), {
    id,
    state: 'running',
    pid: 70,
    startedAt: 1_700_000_000_000,
    launchHash: 'running',
    exitCode: null,
  });
});

test('CR7 a process with another user or another name is a stranger', () => {
  const strangers = [
    process(70, 0, processName(id)),
    process(70, vmUserId(id), processName('aaaaaaaaaaaaaaab')),
    process(71, vmUserId(id), processName(id)),
  ];
  for (const stranger of strangers) {
    assert.equal(observed({ pid: '70', started: '1700000000 running' }, stranger)?.state, 'failed');
  }
});

test('CR6 how a process ended decides the state', () => {
  assert.equal(observed({ record: '' })?.state, 'preparing');
  assert.equal(observed({})?.state, 'stopped');
  assert.deepEqual([observed({ exit: '0' })?.state, observed({ exit: '0' })?.exitCode], ['stopped', 0]);
  assert.deepEqual([observed({ exit: '137' })?.state, observed({ exit: '137' })?.exitCode], ['failed', 137]);
  assert.equal(observed({ exit: '137', stopping: 'yes' })?.state, 'stopped');
  assert.equal(observed({ started: '1700000000 running' })?.state, 'failed');
});

test('CR6 a record that was cut off is that of an incomplete VM', () => {
  assert.equal(observed({ record: '{"hash":"prep' })?.state, 'preparing');
});

test('CR17 folders with other names are not VMs', () => {
  assert.deepEqual(parseObserved({ code: 0, stdout: `vm\tlost+found\t\t\tno\t\t${record}\n`, stderr: '' }), []);
});

test('CR6 a script that broke off is an error, not an empty node', () => {
  assert.throws(() => parseObserved({ code: 137, stdout: '', stderr: 'killed' }), { code: 'command.failed' });
});
