import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { CroftError } from '../../../model/error.ts';
import { collectModules } from './modules.ts';

/** A module folder with these modules: file name → names that it depends on. */
async function moduleFolder(context: TestContext, modules: Record<string, string>, builtIn: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-modules-'));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(path.join(folder, 'kernel'));
  for (const [name, depends] of Object.entries(modules)) {
    const content = Buffer.from(`\x7fELF\0license=GPL\0depends=${depends}\0name=x\0`);
    await writeFile(path.join(folder, 'kernel', name), name.endsWith('.zst') ? zstdCompressSync(content) : content);
  }
  await writeFile(path.join(folder, 'modules.builtin'), builtIn.map((name) => `kernel/${name}.ko\n`).join(''));
  return folder;
}

const required = { 'virtio_blk.ko': 'virtio', 'virtio_net.ko': 'virtio,net-failover', 'sr_mod.ko': 'cdrom', 'isofs.ko': '' };
const dependencies = { 'virtio.ko': '', 'net_failover.ko': 'failover', 'failover.ko': '', 'cdrom.ko': '' };

test('SC10 modules come after what they depend on, each once, without those that are built in', async (context) => {
  const folder = await moduleFolder(context, { ...required, ...dependencies, 'unrelated.ko': '' }, ['virtio_pci']);
  const names = (await collectModules(folder)).map(({ name }) => name);
  assert.deepEqual(names, ['virtio', 'virtio_blk', 'failover', 'net_failover', 'virtio_net', 'cdrom', 'sr_mod', 'isofs']);
});

test('SC10 optional modules are taken where the kernel has them, compressed ones decompressed', async (context) => {
  const folder = await moduleFolder(context, { ...required, ...dependencies, 'e1000.ko.zst': '' }, ['virtio_pci']);
  const last = (await collectModules(folder)).at(-1);
  assert.equal(last?.name, 'e1000');
  assert.equal(last.content.toString('latin1', 1, 4), 'ELF');
});

test('SC10 a kernel without a module that the guest needs is refused by name', async (context) => {
  const folder = await moduleFolder(context, { ...required, ...dependencies }, []);
  await assert.rejects(collectModules(folder), (error) => error instanceof CroftError && error.message.includes('virtio_pci'));
});
