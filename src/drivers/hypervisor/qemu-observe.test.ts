import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processName, vmUserId } from './identity.ts';
import { parseObserved } from './qemu-observe.ts';

const id = 'aaaaaaaaaaaaaaaa';
const record = '{"hash":"prepared","label":"a\\tb"}';

type Parts = { pid?: string; exit?: string; note?: 'stopping' | 'paused'; started?: string; record?: string };

function observed({ record: line = record, note, ...parts }: Parts, more: string[] = []) {
  const files = Object.entries({ ...parts, 'launch.json': line }).filter(([, content]) => content !== '');
  const notes = note === undefined ? [] : [`${id}/${note}`];
  const stdout = [`${id}/`, ...notes, ...files.map(([name, content]) => `${id}/${name}:${content}`), ...more, ''].join('\n');
  const [vm] = parseObserved({ code: 0, stdout, stderr: '' });
  return vm;
}
const process = (pid: number, user: number, name: string) => [
  `/proc/${pid}/cmdline:${name}`,
  `/proc/${pid}/status:Uid:\t${user}\t${user}\t${user}\t${user}`,
];

test('CR7 a process with the pid, the user and the name of a VM is its own', () => {
  const running = { id, state: 'running', pid: 70, startedAt: 1_700_000_000_000, launchHash: 'running', exitCode: null };
  const own = process(70, vmUserId(id), processName(id));
  assert.deepEqual(observed({ pid: '70', started: '1700000000 running 1900000000 4096' }, own), { ...running, memory: 4096 });
  const earlier = observed({ pid: '70', started: '1700000000 running 1900000000' }, own);
  assert.deepEqual(earlier, { ...running, memory: null }, 'an earlier version of Croft did not note what it began with');
});

test('CR7 a process with another user or another name is a stranger', () => {
  const strangers = [process(70, 0, processName(id)), process(70, vmUserId(id), processName('aaaaaaaaaaaaaaab'))];
  for (const stranger of strangers) {
    assert.equal(observed({ pid: '70', started: '1700000000 prepared' }, stranger)?.state, 'failed');
  }
});

test('CR7 a VM whose pidfile was lost is found by its user and its name', () => {
  const found = observed({ pid: '', started: '1700000000 running' }, process(71, vmUserId(id), processName(id)));
  assert.deepEqual([found?.state, found?.pid], ['running', 71]);
});

test('CR6 how a process ended decides the state', () => {
  const end = (parts: Parameters<typeof observed>[0]) => [observed(parts)?.state, observed(parts)?.exitCode];
  assert.deepEqual(end({ record: '' }), ['preparing', null]);
  assert.deepEqual(end({}), ['stopped', null]);
  assert.deepEqual(end({ exit: '0 prepared' }), ['stopped', 0]);
  assert.deepEqual(end({ exit: '137 prepared' }), ['failed', 137]);
  assert.deepEqual(end({ exit: '137 prepared', note: 'stopping' }), ['stopped', null]);
  assert.deepEqual(end({ started: '1700000000 prepared' }), ['failed', null]);
});

test('CR6 how an earlier launch ended says nothing of the one that is prepared now', () => {
  for (const parts of [{ exit: '0 earlier' }, { exit: '137 earlier' }, { started: '1700000000 earlier' }]) {
    assert.deepEqual([observed(parts)?.state, observed(parts)?.exitCode], ['stopped', null]);
  }
});

test('CR6 a record that was cut off is that of an incomplete VM', () => {
  assert.equal(observed({ record: '{"hash":"prep' })?.state, 'preparing');
});

test('CR17 folders with other names are not VMs', () => {
  assert.deepEqual(parseObserved({ code: 0, stdout: `lost+found/\nlost+found/launch.json:${record}\n[a-z2-7]/\n`, stderr: '' }), []);
});

test('CR6 a script that broke off is an error, not an empty node', () => {
  assert.throws(() => parseObserved({ code: 137, stdout: '', stderr: 'killed' }), { code: 'command.failed' });
});
