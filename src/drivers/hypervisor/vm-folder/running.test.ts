import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { launch } from '../../../../test/support/vm.ts';
import { readScript } from '../../../host/script.ts';
import { planHash, type VmLaunch } from '../../../model/node/plan.ts';
import { runningLaunch } from './running.ts';

const keepRunning = readScript(import.meta.url, 'scripts/keep-running.sh');

const launchOf = (cpus: number): VmLaunch => launch({ id: 'vm', cpus, userData: 'two\nlines' });

/** A VM's folder; an update of its records can be interrupted before one of the commands that change a file. */
function openFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'croft-running-'));
  const script = `
set -eu
state=$1 hash=$2 launch=$3 left=$4 user=1 memory=1
mv() {
  [ "$left" -gt 0 ] || exit 9
  left=$((left - 1))
  command mv "$@"
}
${keepRunning}
keep_running 1700000000
`;
  return {
    keep: (launch: VmLaunch, moves: number) =>
      spawnSync('sh', ['-c', script, 'sh', folder, planHash(launch), JSON.stringify(launch), String(moves)]).status,
    read() {
      const { command, parse } = runningLaunch(folder);
      const [program, ...parameters] = command.argv;
      return parse({ code: 0, stdout: execFileSync(program, parameters, { encoding: 'utf8' }), stderr: '' });
    },
    file: `${folder}/started`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

test('SC11 the launch of a running VM is known wherever the record of its change was interrupted, so that it is not restarted', () => {
  using folder = openFolder();
  const [before, after] = [launchOf(1), launchOf(2)];
  assert.equal(folder.read(), null);
  assert.equal(folder.keep(before, 9), 0);
  assert.deepEqual(folder.read(), before);
  for (let moves = 0; folder.keep(after, moves) !== 0; moves += 1) assert.deepEqual(folder.read(), before, `cut off after ${moves}`);
  assert.deepEqual(folder.read(), after);
});

test('SC11 what could not be read of a VM is not taken for unknown', () => {
  const { parse } = runningLaunch('/state/vms/a');
  assert.throws(() => parse({ code: 1, stdout: '', stderr: 'cat: started: Input/output error' }), {
    code: 'command.failed',
    message: /\/state\/vms\/a .*Input\/output error/,
  });
});

test('SC11 a mark that is damaged, empty or no file is not taken for one of a VM that was not started', () => {
  using folder = openFolder();
  const launch = launchOf(1);
  const mark = `1700000000 ${planHash(launch)} 1\n`;
  for (const damaged of ['', 'nonsense', `${mark}{"cpus":`, `${mark}${JSON.stringify(launchOf(2))}\n`]) {
    writeFileSync(folder.file, damaged);
    assert.throws(() => folder.read(), { code: 'command.failed', message: /damaged/, hint: /Stop the VM and start it/ }, damaged);
  }
  writeFileSync(folder.file, mark);
  assert.equal(folder.read(), null, 'an earlier version of Croft kept no more');
});
