/** A controller whose log has no room: it serves on, and ends when it is asked to. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../src/client/client.ts';
import { homeAt } from '../../src/controller/home.ts';
import { findController } from '../../src/controller/presence.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('CR15 a controller whose log is on a full disk serves on, and ends when it is asked to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-log-'));
  // Every write to it fails as on a full disk; full(4).
  await using log = await open('/dev/full', 'w');
  const child = spawn(process.execPath, [...process.execArgv, main, 'serve', '--port', '0', '--simulate', 'nodes=1'], {
    stdio: ['ignore', log.fd, 'inherit'],
    env: { ...process.env, CROFT_HOME: folder },
  });
  const ended = once(child, 'exit');
  try {
    const home = homeAt(folder);
    const { url } = await until('it serves its home', async () => {
      const presence = await findController(home);
      return presence?.url ? presence : undefined;
    });
    const { version, nodes } = createClient({ url, token: await readFile(home.token, 'utf8') });
    assert.equal((await version()).database, 'sqlite');
    assert.equal((await nodes.list()).length, 1);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
});
