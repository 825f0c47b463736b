import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { groupFunctions } from './qemu-cgroups.ts';

/** A folder in place of the kernel's; `own` is what a process there reads of itself. */
function openGroups(files: readonly string[], own: string) {
  const root = mkdtempSync(path.join(tmpdir(), 'croft-groups-'));
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), '');
  }
  writeFileSync(path.join(root, 'own'), own);
  const script = `set -u\n${groupFunctions}\nmake_groups "$@"; echo "$groups"`;
  const argv = ['-c', script, 'sh', root, `${root}/own`, 'croft-c', 'vm', '1000', '3'];
  return {
    made: () =>
      execFileSync('sh', argv, { encoding: 'utf8' })
        .trim()
        .split(' ')
        .filter((group) => group !== '')
        .map((group) => path.relative(root, group)),
    read: (file: string) => readFileSync(path.join(root, file), 'utf8').trim(),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

test('SC11 a VM gets memory and a share of the processors by its size, in the groups of old', () => {
  using groups = openGroups(['memory/cgroup.procs', 'cpu/cgroup.procs'], '4:memory:/\n3:cpuset:/\n1:cpu,cpuacct:/user.slice/a.scope\n');
  assert.deepEqual(groups.made(), ['memory/croft-c/vm', 'cpu/croft-c/vm']);
  assert.equal(groups.read('memory/croft-c/vm/memory.limit_in_bytes'), '1000');
  assert.equal(groups.read('cpu/croft-c/vm/cpu.shares'), '3072');
});

test('SC11 a VM gets memory and a share of the processors by its size, in the groups of now', () => {
  using groups = openGroups(['cgroup.controllers'], '0::/system.slice/ssh.service\n');
  assert.deepEqual(groups.made(), ['croft-c/vm']);
  assert.equal(groups.read('croft-c/vm/memory.max'), '1000');
  assert.equal(groups.read('croft-c/vm/cpu.weight'), '300');
});

test('SC11 what is in a group of somebody else’s stays there, and without groups a VM runs too', () => {
  for (const own of ['4:memory:/docker/1\n1:cpu:/docker/1\n', '']) {
    using groups = openGroups(['memory/cgroup.procs', 'cpu/cgroup.procs'], own);
    assert.deepEqual(groups.made(), []);
  }
  using none = openGroups([], '4:memory:/\n');
  assert.deepEqual(none.made(), []);
});
