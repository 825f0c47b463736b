/** The machine of the leading controller falls silent: no process ends and no connection is closed, as where its power fails. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import { openFarMachines } from './far-machine.ts';
import { startPostgres } from './postgres.ts';
import { ServeProcess, serveWords, startCroft } from './standby-process.ts';

const patience = 120_000;
const writer = fileURLToPath(new URL('store-writing.ts', import.meta.url));

/** Its exit code, null where a signal ended it. */
async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

function endsWith(t: TestContext, child: ChildProcess): void {
  t.after(async () => {
    child.kill('SIGKILL');
    await ended(child);
  });
}

test('CR15 where the machine of the leader falls silent amid a transaction, who stood by takes over, and the leader ends once it is back', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
  timeout: 300_000,
}, async (t) => {
  await using machines = await openFarMachines();
  await using server = await startPostgres({ place: machines.server });
  const location = await server.freshDatabase();
  const inside = ['ip', 'netns', 'exec', machines.client.namespace];
  const folder = await mkdtemp(join(tmpdir(), 'croft-silent-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const leader = startCroft(folder, serveWords(location), inside);
  endsWith(t, leader);
  await until('it leads', async () => ((await ended(startCroft(folder, ['node', 'ls'], inside))) === 0 ? true : undefined), patience);
  await using second = await ServeProcess.start(location, patience);
  assert.deepEqual([(await second.health()).role, (await second.health()).leader?.pid], ['standby', leader.pid]);

  // Writers wait for each other: without an end of this one, who takes over would wait as long as the server keeps dead connections.
  const writing = spawn(
    inside[0] ?? '',
    [...inside.slice(1), process.execPath, '--disable-warning=ExperimentalWarning', writer, location],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  endsWith(t, writing);
  await once(writing.stdout, 'data');
  await machines.cut();
  await until('the other leads', async () => (await second.leads()) || undefined, patience);
  assert.equal((await second.health()).leader?.pid, second.pid);
  await second.client.slices.apply({
    file: { slice: 'after', networks: {}, vms: { vm: { image: 'simulated', cpus: 1, memory: '128MiB' } } },
  });
  await until('its VM runs', async () => (await second.client.vms.list()).every(({ state }) => state === 'running') || undefined, patience);
  assert.deepEqual([leader.exitCode, leader.signalCode], [null, null], 'it does nothing, and waits for its database');
  await machines.mend();
  assert.equal(await ended(leader), 4);
});
