/** Images in the store: what a name means, and how long content is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothDatabases } from './databases.ts';
import { apply, lanSlice, putImage } from './samples.ts';

onBothDatabases(({ open }) => {
  test('CR12 a name that moves to other content leaves VMs with the image that they were made from', async (t) => {
    const store = await open(t);
    const old = await putImage(store);
    assert.deepEqual(await putImage(store), old, 'the same content is the same image');
    await apply(store, lanSlice('blue', 1));
    const renewed = await putImage(store, 'micro', 'b');
    assert.notEqual(renewed.id, old.id);
    assert.deepEqual([await store.images.list(), await store.images.get('micro')], [[renewed], renewed]);
    assert.deepEqual(await store.images.byId(old.id), old);
    assert.equal((await store.vms.get('blue', 'vm1')).imageId, old.id);
    const vm = await store.vms.desire('blue', 'vm1', 'absent');
    await store.vms.forget(vm.id);
    await assert.rejects(store.images.byId(old.id), { code: 'not-found' }, 'nothing needs it any more');
  });

  test('CR12 an image in use is kept, and its content while another name has it', async (t) => {
    const store = await open(t);
    await putImage(store);
    await putImage(store, 'twin', 'a');
    await apply(store, lanSlice('blue', 2));
    await assert.rejects(store.images.remove('micro'), { code: 'conflict.in-use', message: /blue\/vm1, blue\/vm2/ });
    await putImage(store, 'micro', 'f');
    await assert.rejects(
      store.images.remove('micro'),
      { code: 'conflict.in-use', message: /blue\/vm1, blue\/vm2/ },
      'their slice names it still',
    );
    await assert.rejects(store.images.remove('mikro'), { code: 'not-found', hint: 'Did you mean micro?' });
    await store.images.remove('twin');
    assert.deepEqual((await store.images.contents()).sort(), ['a'.repeat(64), 'f'.repeat(64)]);
    for (const vm of (await store.vms.list()).map(({ name }) => name))
      await store.vms.forget((await store.vms.desire('blue', vm, 'absent')).id);
    await store.images.remove('micro');
    assert.deepEqual(await store.images.contents(), []);
  });
});
