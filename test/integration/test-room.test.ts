import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

const room = fileURLToPath(new URL('../../scripts/test-room.sh', import.meta.url));

/** Starts a script in a room; its group can be killed, and its folder read. */
async function enter(context: TestContext, script: string, ...parameters: string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-room-'));
  context.after(() => rm(folder, { recursive: true }));
  const words = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', room, folder, 'sh', '-c', script, 'sh', ...parameters];
  const child = spawn('unshare', words, { detached: true, stdio: 'ignore' });
  return { child, left: () => readFile(path.join(folder, 'left'), 'utf8'), exited: once(child, 'exit') };
}

/** Process identifiers of this machine whose command line has the word. */
async function processesWith(word: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').includes(word)) found.push(entry);
  }
  return found;
}

/** A daemon, in an environment of its own, that is no child of anybody, and a network namespace with an interface into this machine's. */
const leaks = `
setsid env -i sh -c 'sleep 1000; exit 0' "$1" >/dev/null 2>&1 &
ip netns add "$1"
ip link add "$2" type veth peer name inside netns "$1"
`;

test('CR17 what a test leaves behind is reported, and is gone when its room is', async (context) => {
  const [mark, device] = [`croft-room-${process.pid}a`, `cr${process.pid}a`];
  const { exited, left } = await enter(context, `${leaks} exit 3`, mark, device);
  assert.deepEqual(await exited, [3, null]);
  const told = await left();
  assert.match(told, new RegExp(`^network namespace ${mark}$`, 'm'));
  assert.match(told, new RegExp(`^mount /run/netns/${mark}$`, 'm'));
  assert.match(told, new RegExp(`^process \\d+ is: sh -c sleep 1000; exit 0 ${mark}`, 'm'));
  assert.deepEqual(await processesWith(mark), []);
  await until('the interface is gone', async () => !(await readdir('/sys/class/net')).includes(device) || undefined);
});

test('CR17 nothing of a test that is killed keeps running', async (context) => {
  const [mark, device] = [`croft-room-${process.pid}b`, `cr${process.pid}b`];
  const { child, exited } = await enter(context, `${leaks} sleep 1000`, mark, device);
  await until('it has made its things', async () => (await readdir('/sys/class/net')).includes(device) || undefined);
  assert.ok((await processesWith(mark)).length > 0);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await exited;
  await until('its processes are gone', async () => (await processesWith(mark)).length === 0 || undefined);
  await until('the interface is gone', async () => !(await readdir('/sys/class/net')).includes(device) || undefined);
  assert.deepEqual((await readdir('/run/netns')).includes(mark), false);
});

test('CR17 a test that cleans up after itself leaves nothing to be told', async (context) => {
  const { exited, left } = await enter(context, 'ip netns add "$1" && ip netns delete "$1"', `croft-room-${process.pid}c`);
  assert.deepEqual(await exited, [0, null]);
  assert.equal(await left(), '');
});

test('CR17 nothing of a test keeps running whose runner is killed', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-room-'));
  context.after(() => rm(folder, { recursive: true }));
  const [mark, file] = [`croft-room-${process.pid}d`, path.join(folder, 'endless.test.mjs')];
  await writeFile(
    file,
    `import { execFileSync } from 'node:child_process'; execFileSync('sh', ['-c', 'sleep 1000; exit 0', '${mark}']);\n`,
  );
  const module = new URL('../../scripts/test-file.ts', import.meta.url);
  const options = { file, folder: path.join(folder, 'room'), timeout: 100_000, inRoom: true };
  const program = path.join(folder, 'runner.mjs');
  await writeFile(program, `import { runTestFile } from '${module}'; await runTestFile(${JSON.stringify(options)});\n`);
  const runner = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], { stdio: 'ignore' });
  await until('the test runs', async () => (await processesWith(mark)).length > 0 || undefined);
  runner.kill('SIGKILL');
  await until('its processes are gone', async () => (await processesWith(mark)).length === 0 || undefined);
});
