import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import type { NodeHypervisor } from '../../drivers/hypervisor/driver.ts';
import type { VmLaunch, WantedVm } from '../../model/node/plan.ts';
import { Moves, type Reception } from './moves.ts';

const layout = { controllerId: 'c', stateFolder: '/s', runFolder: '/r', bridge: 'b', uplink: null };
const wanted = (id: string, movingTo: string | null, desired: WantedVm['desired'] = 'running') => ({
  ...{ launch: { id } as VmLaunch, movingTo, desired },
});

function stage() {
  let open = 0;
  const receive = async (): Promise<Reception> => {
    open += 1;
    return {
      ...{ host: new FakeHost(), layout, hypervisor: {} as NodeHypervisor },
      [Symbol.asyncDispose]: async () => {
        open -= 1;
      },
    };
  };
  return { moves: new Moves({ receive, complete: async () => true }), open: () => open };
}

test('CR4 a move is called off when it is not wanted any more, and gives its place back', async () => {
  for (const now of [[wanted('a', null)], [wanted('a', 'n3')], [wanted('a', 'n2', 'absent')], []]) {
    const { moves, open } = stage();
    assert.equal(moves.look([wanted('a', 'n2')], 0).moveSlots, 2);
    {
      await using berth = await moves.openBerth('a', 'n2');
      assert.ok(berth);
      assert.equal(moves.look([wanted('a', 'n2')], 0).moveSlots, 1);
      assert.deepEqual([berth.signal.aborted, open()], [false, 1]);
      moves.look(now, 0);
      assert.equal(berth.signal.aborted, true);
    }
    assert.deepEqual([open(), moves.look([], 0).moveSlots], [0, 2]);
  }
});

test('CR4 a move that failed waits ever longer, with its reason, unless another target is given', () => {
  const { moves } = stage();
  const fail = (now: number) => moves.failed({ vmId: 'a', to: 'n2', reason: 'n2 is full', now });
  const postponed = (now: number, to = 'n2') => [...moves.look([wanted('a', to)], now).postponedMoves];
  fail(0);
  assert.deepEqual(postponed(4_999), [['a', 'n2 is full']]);
  assert.deepEqual(postponed(5_000), []);
  fail(5_000);
  assert.deepEqual(postponed(14_999), [['a', 'n2 is full']]);
  moves.failed({ vmId: 'a', to: 'n2', reason: null, now: 15_000 });
  assert.deepEqual(postponed(16_000), [['a', 'n2 is full']]);
  assert.deepEqual(postponed(16_000, 'n3'), []);
  assert.deepEqual(postponed(16_000), []);
});

test('CR4 a move that the target has no hands for begins later and is no failure', async () => {
  const moves = new Moves({ receive: async () => null, complete: async () => true });
  assert.equal(await moves.openBerth('a', 'n2'), null);
  assert.equal(moves.look([], 0).moveSlots, 2);
  moves.failed({ vmId: 'a', to: 'n2', reason: null, now: 0 });
  assert.deepEqual([...moves.look([wanted('a', 'n2')], 1_999).postponedMoves], [['a', null]]);
  assert.deepEqual([...moves.look([wanted('a', 'n2')], 2_000).postponedMoves], []);
});
