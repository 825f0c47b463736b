import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import { type GuestFileSystems, letGo, whileFrozen } from './frozen.ts';

const layout = nodeLayout({ stateFolder: '/state', runFolder: '/run' });

const vmId = 'abcdefghijklmnop';

/** The actions, in order; each note on the node as `noted` or `cleared`. */
async function story(fileSystems: Partial<GuestFileSystems>, work: () => Promise<void> = async () => undefined) {
  const told: string[] = [];
  const host = new FakeHost({
    answer: ({ argv }) => {
      told.push(argv.at(-1) === 'frozen' ? 'noted' : 'cleared');
      return { code: 0, stdout: '', stderr: '' };
    },
  });
  const say =
    (word: string, answer = true) =>
    async () => {
      told.push(word);
      return answer;
    };
  const all = { freeze: fileSystems.freeze ?? say('freeze'), thaw: fileSystems.thaw ?? say('thaw') };
  const done = whileFrozen({ host, layout }, { id: vmId, label: 's/a' }, all, async () => {
    told.push('work');
    await work();
  });
  const failure = await done.then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  return { told, failure, host };
}

test('SC11 a guest’s file systems are noted as frozen before they are, and until they are certainly thawed', async () => {
  assert.deepEqual((await story({})).told, ['noted', 'freeze', 'work', 'thaw', 'cleared']);
  assert.deepEqual((await story({ freeze: async () => false })).told, ['noted', 'work', 'cleared'], 'they never stood still');
  const silent = await story({ thaw: async () => false });
  assert.deepEqual(silent.told, ['noted', 'freeze', 'work']);
  assert.equal(await letGo({ host: silent.host, layout }, { id: vmId, label: 's/a' }, async () => false), false);
  assert.equal(await letGo({ host: silent.host, layout }, { id: vmId, label: 's/a' }, async () => true), true);
  assert.deepEqual(silent.told, ['noted', 'freeze', 'work', 'cleared']);
});

test('SC11 file systems are thawed where the snapshot fails, and its failure is reported', async () => {
  const full = async () => {
    throw new Error('the disk is full');
  };
  const { told, failure } = await story({}, full);
  assert.deepEqual(told, ['noted', 'freeze', 'work', 'thaw', 'cleared']);
  assert.equal(failure, 'the disk is full');
  const lost = async () => {
    throw new Error('the node is gone');
  };
  assert.equal((await story({ thaw: lost }, full)).failure, 'the disk is full');
});
