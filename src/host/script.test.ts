import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readScript, scriptLines } from './script.ts';

async function folderWith(files: Record<string, string>): Promise<{ from: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-script-'));
  await mkdir(join(folder, 'parts'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { from: pathToFileURL(join(folder, 'driver.ts')).href, remove: () => rm(folder, { recursive: true }) };
}

test('CR8 a script has its parts where it names them, each once, without comments and indentation', async (context) => {
  const { from, remove } = await folderWith({
    'start.sh': '# Starts it.\nset -eu\n. ./parts/lock.sh\n. ./parts/find.sh\n\nif lock "$1"; then\n  find "$1" # here\nfi\n',
    'parts/lock.sh': 'lock() {\n  # waits\n  flock 9\n}\n',
    'parts/find.sh': '. ./lock.sh\nfind() { echo; }\n',
  });
  context.after(remove);
  const expected = ['set -eu', 'lock() {', 'flock 9', '}', 'find() { echo; }', 'if lock "$1"; then', 'find "$1" # here', 'fi'];
  assert.equal(readScript(from, 'start.sh'), expected.map((line) => `${line}\n`).join(''));
  const places = scriptLines(new URL('start.sh', from)).map(({ file, number }) => `${file.pathname.split('/').at(-1)}:${number}`);
  assert.deepEqual(places.slice(0, 4), ['start.sh:1', 'start.sh:2', 'lock.sh:1', 'lock.sh:2']);
});

test('CR8 a python program keeps its indentation', async (context) => {
  const { from, remove } = await folderWith({ 'look.py': '# Looks.\nif True:\n    print(1)\n' });
  context.after(remove);
  assert.equal(readScript(from, 'look.py'), 'if True:\n    print(1)\n');
});

test('CR8 a part that is missing is an error when the code is loaded', async (context) => {
  const { from, remove } = await folderWith({ 'start.sh': '. ./parts/none.sh\n' });
  context.after(remove);
  assert.throws(() => readScript(from, 'start.sh'), /parts\/none\.sh/);
});
