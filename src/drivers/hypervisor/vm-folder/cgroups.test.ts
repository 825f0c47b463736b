import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readScript } from '../../../host/script.ts';

const groupFunctions = readScript(import.meta.url, 'scripts/groups.sh');

/** A folder in place of the kernel's; `own` is what a process there reads of itself. */
function openGroups(files: readonly string[], own: string, contents: Record<string, string> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'croft-groups-'));
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), contents[file] ?? '');
  }
  writeFileSync(path.join(root, 'own'), own);
  const run = (work: string) =>
    execFileSync('sh', ['-c', `set -u\n${groupFunctions}\n${work}`, 'sh', root, `${root}/own`, 'croft-c', 'vm', '1000', '3'], {
      encoding: 'utf8',
    });
  return {
    made: () =>
      run('make_groups "$@"; echo "$groups"')
        .trim()
        .split(' ')
        .filter((group) => group !== '')
        .map((group) => path.relative(root, group)),
    weigh: (cpus: number) => run(`weigh_groups "$1" "$3" "$4" ${cpus}`),
    limits: () => run('show_limits "$1" "$2"'),
    files: () => readdirSync(root).sort(),
    read: (file: string) => readFileSync(path.join(root, file), 'utf8').trim(),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

test('SC11 a VM gets memory and a share of the processors by its size, in the groups of old', () => {
  using groups = openGroups(['memory/cgroup.procs', 'cpu/cgroup.procs'], '4:memory:/\n3:cpuset:/\n1:cpu,cpuacct:/user.slice/a.scope\n');
  assert.equal(groups.limits(), 'limits memory\nlimits cpus\n');
  assert.deepEqual(groups.made(), ['memory/croft-c/vm', 'cpu/croft-c/vm']);
  assert.equal(groups.read('memory/croft-c/vm/memory.limit_in_bytes'), '1000');
  assert.equal(groups.read('cpu/croft-c/vm/cpu.shares'), '3072');
  groups.weigh(4);
  assert.equal(groups.read('cpu/croft-c/vm/cpu.shares'), '4096');
});

test('SC11 a VM gets memory and a share of the processors by its size, in the groups of now', () => {
  using groups = openGroups(['cgroup.controllers'], '0::/system.slice/ssh.service\n');
  assert.deepEqual(groups.made(), ['croft-c/vm']);
  assert.equal(groups.read('croft-c/vm/memory.max'), '1000');
  assert.equal(groups.read('croft-c/vm/cpu.weight'), '300');
  groups.weigh(4);
  assert.equal(groups.read('croft-c/vm/cpu.weight'), '400');
});

test('SC11 what is in a group of somebody else’s stays there, and without groups a VM runs too', () => {
  for (const own of ['4:memory:/docker/1\n1:cpu:/docker/1\n', '']) {
    using groups = openGroups(['memory/cgroup.procs', 'cpu/cgroup.procs'], own);
    assert.equal(groups.limits(), '');
    assert.deepEqual(groups.made(), []);
  }
  using none = openGroups([], '4:memory:/\n');
  assert.deepEqual(none.made(), []);
  none.weigh(4);
  assert.deepEqual(none.files(), ['own']);
});

test('SC11 what groups would limit is known from the existing groups, before any is created', () => {
  using one = openGroups(['memory/cgroup.procs', 'cpu/cgroup.procs'], '4:memory:/\n1:cpu:/docker/1\n');
  assert.equal(one.limits(), 'limits memory\n');
  using now = openGroups(['cgroup.controllers'], '0::/user.slice/a.scope\n', { 'cgroup.controllers': 'cpuset cpu io memory pids\n' });
  assert.equal(now.limits(), 'limits memory\nlimits cpus\n');
  using poor = openGroups(['cgroup.controllers'], '0::/\n', { 'cgroup.controllers': 'cpuset io' });
  assert.equal(poor.limits(), '');
  assert.deepEqual([...one.files(), ...now.files()], ['cpu', 'memory', 'own', 'cgroup.controllers', 'own']);
});
