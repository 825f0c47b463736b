import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaches } from './import-directions.ts';

test('a file may import what its folder is allowed to, and its own folder', () => {
  const source = "import { z } from 'zod';\nimport type { Node } from './node.ts';\n";
  assert.deepEqual(breaches('model/vm/vm.ts', source), []);
});

test('an import of a folder that the table does not allow is reported with its reason', () => {
  const [breach, ...others] = breaches('scheduler/schedule.ts', "import type { Host } from '../host/host.ts';\n");
  assert.match(breach ?? '', /^src\/scheduler\/schedule\.ts must not import \.\.\/host\/host\.ts: the scheduler is pure/);
  assert.deepEqual(others, []);
});

test('imports over several lines, re-exports, bare and dynamic imports are seen', () => {
  for (const source of [
    "import {\n  open,\n  type Store,\n} from '../store/open.ts';\n",
    "export { open } from '../store/open.ts';\n",
    "import '../store/open.ts';\n",
    "const { open } = await import('../store/open.ts');\n",
  ]) {
    assert.equal(breaches('model/error.ts', source).length, 1, source);
  }
});

test('a folder whose name begins like an allowed one is not allowed', () => {
  assert.equal(breaches('tools/ip.ts', "import { x } from '../model-extra/x.ts';\n").length, 1);
});

test('a package that does not belong into a folder is reported', () => {
  assert.equal(breaches('scheduler/schedule.ts', "import { readFile } from 'node:fs/promises';\n").length, 1);
  assert.equal(breaches('store/open.ts', "import { readFile } from 'node:fs/promises';\n").length, 0);
  assert.equal(breaches('store/open.ts', "import fastify from 'fastify';\n").length, 1);
});

test('the executor may use drivers, the planner beside it only their types', () => {
  const types = "import type { ObservedVm } from '../drivers/hypervisor/driver.ts';\n";
  const values = "import { driver } from '../drivers/hypervisor/driver.ts';\n";
  assert.equal(breaches('reconciler/execute.ts', values).length, 0);
  assert.equal(breaches('reconciler/plan.ts', types).length, 0);
  assert.equal(breaches('reconciler/plan.ts', values).length, 1);
});

test('only the composition root reads environment and arguments', () => {
  const source = 'const home = process.env.HOME;\n';
  assert.equal(breaches('host/ssh-host.ts', source).length, 1);
  assert.equal(breaches('main.ts', source).length, 0);
});

test('a file in a folder without a rule is reported', () => {
  assert.match(breaches('elsewhere/file.ts', '')[0] ?? '', /no rule/);
});

test('drivers of hypervisors share the folder of a VM, which knows none of them, and do not know each other', () => {
  const of = (folder: string) => `import { x } from '../${folder}/x.ts';\n`;
  for (const driver of ['qemu', 'libvirt', 'zones']) {
    assert.equal(breaches(`drivers/hypervisor/${driver}/a.ts`, of('vm-folder')).length, 0);
    assert.equal(breaches('drivers/hypervisor/vm-folder/a.ts', of(driver)).length, 1);
    assert.equal(breaches('drivers/hypervisor/noop/a.ts', of(driver)).length, 1);
  }
  assert.equal(breaches('drivers/hypervisor/libvirt/a.ts', of('qemu')).length, 1);
  assert.equal(breaches('drivers/hypervisor/noop/a.ts', of('vm-folder')).length, 1);
});
