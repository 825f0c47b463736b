import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { CroftError } from '../../model/error.ts';
import type { SourceFacts } from './inspect.ts';
import { openImageLibrary } from './library.ts';

const content = 'a disk';
const sha256 = createHash('sha256').update(content).digest('hex');
const inspect = async (): Promise<SourceFacts> => ({ format: 'raw', virtualSize: 512 });

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-library-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('CR12 an image is kept under the sha256 of its content', async (context) => {
  const folder = await temporaryFolder(context);
  const library = await openImageLibrary({ folder, inspect });
  assert.deepEqual(await library.add(Readable.from([Buffer.from('a '), Buffer.from('disk')])), {
    sha256,
    size: content.length,
    format: 'raw',
    virtualSize: 512,
  });
  assert.equal(await readFile(library.path(sha256, 'raw'), 'utf8'), content);
});

test('CR12 the same content is kept once, however often it is added at the same time', async (context) => {
  const folder = await temporaryFolder(context);
  const library = await openImageLibrary({ folder, inspect });
  const file = path.join(await temporaryFolder(context), 'disk');
  await writeFile(file, content);
  await Promise.all([library.add(file), library.add(file), library.add(Readable.from([Buffer.from(content)]))]);
  assert.deepEqual(await readdir(folder), [`${sha256}.raw`]);
});

test('CR12 nothing stays of an image that is refused or whose stream breaks', async (context) => {
  const folder = await temporaryFolder(context);
  const refusal = new CroftError('image.unusable', 'no');
  const refusing = await openImageLibrary({ folder, inspect: () => Promise.reject(refusal) });
  await assert.rejects(refusing.add(Readable.from([Buffer.from(content)])), refusal);

  const library = await openImageLibrary({ folder, inspect });
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('a ');
      throw new Error('cut');
    })(),
  );
  await assert.rejects(library.add(broken), /cut/);
  assert.deepEqual(await readdir(folder), []);
});

test('CR12 a full disk is reported as such and leaves nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const library = await openImageLibrary({ folder, inspect: () => Promise.reject(full) });
  await assert.rejects(
    library.add(Readable.from([Buffer.from(content)])),
    (error) => error instanceof CroftError && error.code === 'disk.full' && error.message.includes(folder) && error.cause === full,
  );
  assert.deepEqual(await readdir(folder), []);
});

test('CR12 a file that is not there is an error of the input', async (context) => {
  const library = await openImageLibrary({ folder: await temporaryFolder(context), inspect });
  await assert.rejects(
    library.add('/nowhere/disk.qcow2'),
    (error) => error instanceof CroftError && error.code === 'input.invalid' && error.message.includes('/nowhere/disk.qcow2'),
  );
});

test('CR12 opening the library removes what an interrupted add left, and only that', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(path.join(folder, 'x.partial'), 'half');
  await writeFile(path.join(folder, `${sha256}.raw`), content);
  const library = await openImageLibrary({ folder, inspect });
  assert.deepEqual(await readdir(folder), [`${sha256}.raw`]);
  await library.remove(sha256);
  await library.remove(sha256);
  assert.deepEqual(await readdir(folder), []);
});

test('CR12 what is no sha256 never becomes a path', async (context) => {
  const library = await openImageLibrary({ folder: await temporaryFolder(context), inspect });
  assert.throws(() => library.path('../../etc/passwd', 'raw'), CroftError);
});
