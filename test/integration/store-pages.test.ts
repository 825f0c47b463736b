/** Pages of VMs and what is open, on both databases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmFilter } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import { apply, lanSlice, nodeConfig, putImage } from './samples.ts';

onBothDatabases((databases) => {
  test('SC11 pages of VMs together are the whole list, each VM once, whatever their length and filter', async (context) => {
    const store = await databases.open(context);
    await putImage(store);
    for (const [name, count] of [
      ['b', 5],
      ['a', 3],
      ['c', 4],
    ] as const)
      await apply(store, lanSlice(name, count));
    // A recreated VM has its predecessor beside it under the same name.
    await store.vms.desire('b', 'vm2', 'absent');
    await apply(store, lanSlice('b', 5));
    const label = ({ slice, name, id }: { slice: string; name: string; id: string }): string => `${slice}/${name} ${id}`;
    for (const filter of [{}, { slice: 'b' }] as VmFilter[]) {
      const whole = (await store.vms.list(filter)).map(label);
      for (const limit of [1, 2, 3, 5, 13, 1000]) {
        const seen: string[] = [];
        let page = await store.vms.list({ ...filter, limit });
        while (page.length > 0) {
          seen.push(...page.map(label));
          const after = page.at(-1);
          page = after === undefined ? [] : await store.vms.list({ ...filter, limit, after });
        }
        assert.deepEqual(seen, whole);
      }
    }
  });

  test('SC11 only what is not as desired is open, and where all has its place nothing is to be decided', async (context) => {
    const store = await databases.open(context);
    await putImage(store);
    const node = await store.nodes.add(nodeConfig('n1'));
    const slice = await apply(store, lanSlice('s', 3));
    const before = await store.placement.open();
    assert.deepEqual([before.vms.length, before.undecided, before.nodes], [3, true, [node.id]]);
    assert.deepEqual(
      before.slices.map(({ id, routed }) => ({ id, routed })),
      [{ id: slice.id, routed: true }],
    );
    const vms = await store.vms.list();
    await store.vms.observe(vms.map(({ id, generation }) => ({ id, observed: { state: 'running', settledGeneration: generation } })));
    const after = await store.placement.open();
    assert.deepEqual([after.vms, after.awaited.length], [[], 3]);
    await store.vms.observe(vms.map(({ id }) => ({ id, observed: { addressed: true } })));
    assert.deepEqual((await store.placement.open()).awaited, []);
    await store.vms.desire('s', 'vm1', 'stopped');
    assert.deepEqual(
      (await store.placement.open()).vms.map(({ id }) => id),
      vms.filter(({ name }) => name === 'vm1').map(({ id }) => id),
    );
  });
});
