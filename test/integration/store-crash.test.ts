/** A process that is killed amid commits loses none that it acknowledged, and leaves none half done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { onBothDatabases } from './databases.ts';
import { putImage } from './samples.ts';

const committingProgram = join(import.meta.dirname, 'store-committing.ts');

onBothDatabases(({ dialect, open, freshLocation }) => {
  test('CR15 every acknowledged commit survives a kill, whole', async (t) => {
    const location = await freshLocation();
    const prepared = await open(t, { location });
    await putImage(prepared);
    const acknowledged: string[] = [];
    for (const count of [1, 5, 12]) acknowledged.push(...(await killAfter(count, location)));
    if (dialect === 'sqlite') assert.equal(integrityOf(location), 'ok');
    const store = await open(t, { location });
    const stored = new Set((await store.slices.list()).map(({ name }) => name));
    assert.deepEqual(
      acknowledged.filter((name) => !stored.has(name)),
      [],
    );
    for (const slice of await store.slices.list()) {
      const vms = await store.vms.list({ slice: slice.name });
      assert.deepEqual(
        [vms.length, vms.flatMap(({ nics }) => nics).length, (await store.slices.networks(slice.id)).length],
        [4, 4, 1],
        `${slice.name} is whole`,
      );
    }
  });
});

/** Resolves with the names of the slices that a process had acknowledged when it was killed, which are at least `count`. */
async function killAfter(count: number, location: string): Promise<string[]> {
  const child = spawn(process.execPath, [committingProgram, location], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const names: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      names.push(line);
      if (names.length === count) child.kill('SIGKILL');
    }
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  assert.equal(child.signalCode, 'SIGKILL');
  return names;
}

function integrityOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    assert.deepEqual(database.prepare('pragma foreign_key_check').all(), []);
    return database.prepare('pragma integrity_check').get()?.integrity_check;
  } finally {
    database.close();
  }
}
