/** What is asked again and again is found by indexes: it may not cost what the whole fleet costs. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { onSqlite } from './databases.ts';
import { addReadyNode, apply, lanSlice, putImage } from './samples.ts';

/** Tables that grow with the fleet or with time, from end to end or from some place on. */
const large = /^(SCAN (vms|nics|volumes|leftovers|events|tasks)\b|SEARCH .*\([a-z_]+[<>]\?)/;
/** Indexes of the few rows that something is to be done for. */
const ofFew = /USING (COVERING )?INDEX (vms_open|vms_awaited|vms_undecided|vms_abandoned)\b/;

onSqlite((databases) => {
  test('SC11 a pass over a node and a look at what is open read no table of the fleet from end to end', async (context) => {
    const location = await databases.freshLocation();
    const store = await databases.open(context, { location });
    await putImage(store);
    const slice = await apply(store, lanSlice('s', 3));
    // What is chosen depends on how large the tables are.
    for (let index = 0; index < 8; index += 1) await apply(store, lanSlice(`more${index}`, 250));
    const node = await addReadyNode(store, 'n1');
    const vms = await store.vms.list({ slice: 's' });
    await store.placement.commit([
      ...vms.map(({ id }) => ({ kind: 'vm' as const, id, from: null, nodeId: node.id, reason: null, group: null })),
      { kind: 'router', id: slice.id, from: null, nodeId: node.id, reason: null },
    ]);
    const prepare = context.mock.method(DatabaseSync.prototype, 'prepare');
    // Statements are kept prepared: a store of its own prepares all that it asks.
    const asking = await databases.open(context, { location });
    const before = prepare.mock.callCount();
    assert.equal((await asking.placement.onNode(node.id, [slice.id])).vms.length, 3);
    await asking.placement.open();
    await asking.nodes.byId(node.id);
    await asking.tasks.running();
    await asking.vms.nodesOf(vms.map(({ id }) => id));
    await asking.vms.outlines({ slice: 's' });
    const [first, ...others] = vms.map(({ id }, index) => ({ id, observed: { state: 'running' as const, pid: index } }));
    await asking.vms.observe([{ id: first?.id ?? '', observed: { step: 'disk' } }, ...others]);
    await asking.vms.observe(vms.map(({ id }) => ({ id, observed: { addressed: true } })));
    await asking.placement.clearLeftovers(node.id, [first?.id ?? '']);
    const texts = prepare.mock.calls.slice(before).map(({ arguments: [text] }) => String(text));
    const asked = texts.filter((text) => /^(select|update|delete)/.test(text));
    assert.ok(asked.length >= 16, `${asked.length} statements`);
    prepare.mock.restore();
    const database = new DatabaseSync(location, { readOnly: true });
    try {
      for (const text of asked) {
        const unknown = Array.from({ length: text.split('?').length - 1 }, () => null);
        const steps = database
          .prepare(`explain query plan ${text}`)
          .all(...unknown)
          .map(({ detail }) => String(detail));
        const wasteful = steps.filter((step) => large.test(step) && !ofFew.test(step));
        assert.deepEqual(wasteful, [], text);
      }
    } finally {
      database.close();
    }
  });
});
