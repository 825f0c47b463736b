/** Looking at this machine as a node. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { createLocalHost } from '../../src/host/local-host.ts';
import { probeAccelerator } from '../../src/tools/accelerator.ts';
import { readNodeSpecs, readNodeUsage } from '../../src/tools/node-specs.ts';

async function openHost() {
  const host = createLocalHost({ name: 'here', sudo: null });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'croft-specs-'));
  return {
    host,
    folder,
    async [Symbol.asyncDispose]() {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test('CR1 specs are what the machine itself says', { timeout: 60_000 }, async () => {
  await using here = await openHost();
  const [specs] = await perform(here.host, readNodeSpecs(`${here.folder}/not/there/yet`));
  assert.deepEqual([specs.kernel, specs.cpus], [os.release(), os.availableParallelism()]);
  assert.ok(Math.abs(specs.memory - os.totalmem()) < 1024 * 1024);
  const { blocks, bsize } = await statfs(here.folder);
  assert.ok(Math.abs(specs.disk - blocks * bsize) < 1024 * 1024);
  assert.ok(specs.memoryAvailable > 0 && specs.memoryAvailable <= specs.memory && specs.diskFree > 0 && specs.diskFree <= specs.disk);
  for (const tool of [`qemu-system-${specs.architecture}`, 'qemu-img', 'ip', 'setpriv', 'flock']) {
    assert.match(specs.tools[tool] ?? 'missing', /^\d+\.\d+/, tool);
  }
  assert.ok(Math.abs(specs.diskForeign - (specs.disk - specs.diskFree)) < 1024 ** 3, 'nothing is there of Croft');
  await writeFile(path.join(here.folder, 'image'), Buffer.alloc(64 * 1024 ** 2, 1));
  const [own] = await perform(here.host, readNodeSpecs(here.folder));
  const taken = own.disk - own.diskFree - own.diskForeign;
  assert.ok(taken >= 64 * 1024 ** 2 && taken < 65 * 1024 ** 2, `${taken} bytes are counted as its own`);
  const [usage] = await perform(here.host, readNodeUsage(here.folder));
  assert.deepEqual([usage.bootId, usage.memory, usage.disk], [specs.bootId, specs.memory, specs.disk]);
});

test('CR1 the accelerator is measured once and has a reason', { timeout: 60_000 }, async () => {
  await using here = await openHost();
  const probe = async () => (await perform(here.host, probeAccelerator(here.folder)))[0];
  const [first, second] = await Promise.all([probe(), probe()]);
  assert.deepEqual(first, second);
  assert.notEqual(first.reason, '');

  const cache = path.join(here.folder, 'accelerator');
  const kept = await readFile(cache, 'utf8').catch(() => null);
  if (kept === null) return assert.equal(first.kind, 'tcg', 'only a machine without KVM or QEMU has nothing to keep');
  const key = kept.slice(0, kept.indexOf('\n'));
  await writeFile(cache, `${key}\npresent\nyes\n33\n\n`);
  assert.equal((await probe()).kind, 'kvm', 'the same boot keeps the verdict');
  await writeFile(cache, 'another boot\npresent\nyes\n33\n\n');
  assert.equal((await probe()).kind, first.kind, 'another boot is measured anew');
});
