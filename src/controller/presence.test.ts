import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, homeAt } from './home.ts';
import { findController, occupy } from './presence.ts';

async function emptyHome(t: TestContext): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-home-'));
  t.after(() => rm(folder, { recursive: true }));
  return homeAt(folder);
}

const presence = { pid: 1234, url: 'http://127.0.0.1:7420', simulated: false, standby: false };

test('CR15 of controllers that take a home at one time one gets it', async (t) => {
  const home = await emptyHome(t);
  const attempts = await Promise.allSettled([1, 2, 3].map(() => occupy(home, () => presence)));
  const taken = attempts.filter((attempt) => attempt.status === 'fulfilled');
  for (const { value } of taken) t.after(() => value[Symbol.dispose]());
  assert.equal(taken.length, 1);
  for (const attempt of attempts) if (attempt.status === 'rejected') assert.equal(attempt.reason.code, 'conflict.exists');
  assert.deepEqual(await findController(home), presence, 'the one that has it answers');
});

test('CR15 a home names the controller that serves it, and can be taken again when that controller has ended', async (t) => {
  const home = await emptyHome(t);
  {
    using _first = await occupy(home, () => presence);
    await assert.rejects(
      occupy(home, () => presence),
      { code: 'conflict.exists', message: /process 1234 at http:\/\/127\.0\.0\.1:7420/ },
    );
  }
  assert.equal(await findController(home), null);
  using _second = await occupy(home, () => presence);
});
