import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildOnce, removeLeftovers } from './built-image.ts';

async function workshop(context: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-built-'));
  context.after(() => rm(folder, { recursive: true }));
  const request = { workFolder: path.join(folder, 'work'), outputFile: path.join(folder, 'out', 'disk'), log: () => undefined };
  const make = (hash: string, content: string) => ({ kind: 'small', hash, build: (_: string, disk: string) => writeFile(disk, content) });
  return { request, make, output: () => readFile(request.outputFile, 'utf8'), kept: () => readdir(request.workFolder) };
}

test('SC10 an image is built once for each recipe, and only the last one is kept', async (context) => {
  const { request, make, output, kept } = await workshop(context);
  assert.equal(await buildOnce(request, make('aa', 'one')), true);
  assert.equal(await buildOnce(request, make('aa', 'never made')), false);
  assert.equal(await output(), 'one');
  assert.equal(await buildOnce(request, make('bb', 'two')), true);
  assert.deepEqual([await output(), await kept()], ['two', ['small-bb.disk']]);
});

test('SC10 two who build the same at one time both get it', async (context) => {
  const { request, make, kept } = await workshop(context);
  const outputs = ['one', 'two'].map((name) => `${request.outputFile}-${name}`);
  await Promise.all(outputs.map((outputFile) => buildOnce({ ...request, outputFile }, make('aa', 'same'))));
  for (const output of outputs) assert.equal(await readFile(output, 'utf8'), 'same');
  assert.deepEqual(await kept(), ['small-aa.disk']);
});

test('SC10 a build that fails leaves the last image, and nothing of its own', async (context) => {
  const { request, make, output, kept } = await workshop(context);
  await buildOnce(request, make('aa', 'one'));
  const failing = { kind: 'small', hash: 'bb', build: () => Promise.reject(new Error('no mirror')) };
  await assert.rejects(buildOnce(request, failing), /no mirror/);
  assert.deepEqual([await output(), await kept()], ['one', ['small-aa.disk']]);
});

test('SC10 what a crash left of builds is removed, and nothing else', async (context) => {
  const { request, make, kept } = await workshop(context);
  await buildOnce(request, make('aa', 'one'));
  for (const name of ['build-x1', 'output-x2', 'downloads']) await mkdir(path.join(request.workFolder, name));
  await removeLeftovers(request.workFolder);
  assert.deepEqual((await kept()).sort(), ['downloads', 'small-aa.disk']);
});
