import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { nodeLayout } from '../../../../test/support/node.ts';
import { newControllerIdentifier } from '../../../model/identifier.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { observeVms, parseObserved } from './observe.ts';

const id = 'aaaaaaaaaaaaaaaa';
const record = '{"hash":"prepared","label":"a\\tb"}';

type Parts = { pid?: string; exit?: string; note?: 'stopping' | 'paused'; reverting?: string; started?: string; record?: string };

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

test('CR7 a VM whose stop or revert was interrupted is seen as such as long as it runs, and paused where it is', () => {
  const own = process(70, vmUserId(id), processName(id));
  const seen = (parts: Parts, more: string[] = []) => {
    const vm = observed({ pid: '70', started: '1700000000 prepared', ...parts }, [...own, ...more]);
    return [vm?.state, vm?.cutOff];
  };
  assert.deepEqual(seen({}), ['running', undefined]);
  assert.deepEqual(seen({ note: 'stopping' }), ['running', true]);
  assert.deepEqual(seen({ note: 'stopping' }, [`${id}/paused`]), ['paused', true]);
  assert.deepEqual(seen({ reverting: 'croft-one' }), ['running', true]);
  assert.deepEqual(seen({ reverting: 'croft-one', note: 'stopping' }), ['running', true]);
  const ended = observed({ reverting: 'croft-one' });
  assert.deepEqual([ended?.state, ended?.cutOff], ['stopped', undefined]);
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

test('CR6 a truncated record is that of an incomplete VM', () => {
  assert.equal(observed({ record: '{"hash":"prep' })?.state, 'preparing');
});

test('CR17 folders with other names are not VMs', () => {
  assert.deepEqual(parseObserved({ code: 0, stdout: `lost+found/\nlost+found/launch.json:${record}\n[a-z2-7]/\n`, stderr: '' }), []);
});

test('CR6 a script that broke off is an error, not an empty node', () => {
  assert.throws(() => parseObserved({ code: 137, stdout: '', stderr: 'killed' }), { code: 'command.failed' });
});

/** More than the kernel gives to any process. */
const noProcess = 2 ** 22 + 1;

test('CR16 VMs that end while they are looked for are seen with their exit codes, however many there are', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'croft-observe-'));
  try {
    const controllerId = newControllerIdentifier();
    const layout = nodeLayout({ controllerId, stateFolder: `${folder}/state`, runFolder: `${folder}/run` });
    const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(16)) as [string, string, string];
    for (const [index, vmId] of ids.entries()) {
      const { state, run } = vmFolders(layout, vmId);
      for (const one of [state, run]) mkdirSync(one, { recursive: true });
      writeFileSync(`${state}/launch.json`, record);
      writeFileSync(`${run}/pid`, String(noProcess));
      // A guest that powers off loses its start mark first.
      if (index === 0) writeFileSync(`${state}/started`, '1700000000 prepared');
    }
    // Instead of passing time: the first VM never gets its exit code, the others get theirs late.
    const [, second, third] = ids.map((vmId) => vmFolders(layout, vmId).run);
    const sleep = `#!/bin/sh
echo >>"${folder}/slept"
case $(wc -l <"${folder}/slept") in
45) echo "0 prepared" >"${second}/exit" ;;
65) echo "7 prepared" >"${third}/exit" ;;
esac
`;
    writeFileSync(`${folder}/sleep`, sleep);
    chmodSync(`${folder}/sleep`, 0o755);
    const { command, parse } = observeVms(layout);
    const look = () => {
      const env = { ...globalThis.process.env, PATH: `${folder}:${globalThis.process.env.PATH}` };
      const { status, stdout, stderr } = spawnSync(command.argv[0], command.argv.slice(1), { env, encoding: 'utf8' });
      return parse({ code: status ?? 255, stdout, stderr }).map((vm) => [vm.state, vm.exitCode]);
    };
    assert.deepEqual(look(), [
      ['failed', null],
      ['stopped', 0],
      ['failed', 7],
    ]);
    writeFileSync(`${folder}/slept`, '');
    rmSync(`${second}/exit`);
    writeFileSync(`${second}/stopping`, '');
    assert.deepEqual(look()[1], ['stopped', null], 'one whose end was wanted is not waited for');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
