import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseSource, type Holder, type SpreadInput } from './spread.ts';

const target = { id: 't', pool: 'near' };
const holder = (id: string, rest: Partial<Holder> = {}): Holder => ({
  ...{ id, pool: 'near', state: 'whole', upstream: null, serving: 0 },
  ...rest,
});
const choose = (holders: Holder[], rest: Partial<SpreadInput> = {}) =>
  chooseSource({ target, holders, useless: new Set(), controllerServing: 0, ...rest });

test('SC9 an image comes from the same pool first, then from other nodes, then from the controller', () => {
  assert.deepEqual(choose([holder('far', { pool: 'other' }), holder('near')]), { kind: 'peer', id: 'near' });
  assert.deepEqual(choose([holder('far', { pool: 'other' })]), { kind: 'peer', id: 'far' });
  assert.deepEqual(choose([]), { kind: 'controller' });
});

test('SC9 nodes that ask together make a chain, and each waits until the one before it has begun', () => {
  const first = holder('a', { state: 'starting' });
  assert.deepEqual(choose([first], { controllerServing: 1 }), { kind: 'wait' });
  assert.deepEqual(choose([{ ...first, state: 'receiving' }], { controllerServing: 1 }), { kind: 'peer', id: 'a' });
  const chain = [holder('a', { state: 'receiving', serving: 1 }), holder('b', { state: 'receiving', upstream: 'a' })];
  assert.deepEqual(choose(chain, { controllerServing: 1 }), { kind: 'peer', id: 'b' });
});

test('SC9 an idle node is taken before one that serves already, and none serves more than its share', () => {
  assert.deepEqual(choose([holder('a', { serving: 1 }), holder('b', { state: 'receiving', upstream: 'a' })]), { kind: 'peer', id: 'b' });
  assert.deepEqual(choose([holder('a', { serving: 2 })]), { kind: 'controller' });
  assert.deepEqual(choose([holder('a', { serving: 2 })], { controllerServing: 2 }), { kind: 'wait' });
});

test('SC9 ways that do not work are left out, and at the end there is always the controller', () => {
  assert.deepEqual(choose([holder('a'), holder('b', { pool: 'other' })], { useless: new Set(['a']) }), { kind: 'peer', id: 'b' });
  assert.deepEqual(choose([holder('a')], { useless: new Set(['a']) }), { kind: 'controller' });
});

const states = fc.constantFrom('whole' as const, 'receiving' as const, 'starting' as const);
const ids = ['a', 'b', 'c', 't'];
const world = fc.record({
  holders: fc
    .tuple(
      ...ids.map(() =>
        fc.option(
          fc.record({ state: states, upstream: fc.constantFrom(...ids, null), serving: fc.nat(3), pool: fc.constantFrom('near', 'far') }),
        ),
      ),
    )
    .map((found) => found.flatMap((one, index) => (one === null ? [] : [holder(ids[index] ?? '', one)]))),
  useless: fc.subarray(ids).map((some) => new Set(some)),
  controllerServing: fc.nat(3),
});

test('SC9 whatever the nodes do, no node receives from itself, over its share or over a failed connection, and no node waits without reason', () => {
  fc.assert(
    fc.property(world, ({ holders, useless, controllerServing }) => {
      const choice = choose(holders, { useless, controllerServing });
      const known = new Map(holders.map((one) => [one.id, one]));
      if (choice.kind === 'wait') {
        assert.ok(controllerServing > 0 || holders.some(({ state, id }) => state === 'starting' && !useless.has(id)));
        return;
      }
      if (choice.kind === 'controller') {
        assert.ok(controllerServing < 2);
        return;
      }
      const chosen = known.get(choice.id);
      assert.ok(chosen !== undefined && !useless.has(choice.id) && chosen.serving < (chosen.state === 'whole' ? 2 : 1));
      const above = new Set<string>();
      for (let id: string | null = choice.id; id !== null && !above.has(id); id = known.get(id)?.upstream ?? null) above.add(id);
      assert.ok(!above.has(target.id));
    }),
  );
});
