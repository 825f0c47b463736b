/** What SQLite's files still hold of a secret once its VM is gone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { newIdentifier } from '../../src/model/identifier.ts';
import { onSqlite } from './databases.ts';
import { apply, lanSlice, putImage } from './samples.ts';

onSqlite(({ freshLocation, open }) => {
  /** Names of the database's files, its log among them, in which the text is. */
  const filesWith = (location: string, text: string): string[] =>
    readdirSync(dirname(location))
      .filter((name) => name.startsWith(basename(location)) && readFileSync(join(dirname(location), name)).includes(text))
      .sort();

  test('SC10 nothing of a removed VM is left in the files of the database', async (context) => {
    const location = await freshLocation();
    const store = await open(context, { location });
    await putImage(store);
    const secret = `secret-${newIdentifier()}`;
    const spec = lanSlice('blue', 40);
    const withSecrets = spec.vms.map((vm, index) => ({
      ...vm,
      userData: `#!/bin/sh\necho ${secret}-${index}\n${'x'.repeat(200 * index)}`,
    }));
    const slice = await apply(store, { ...spec, vms: withSecrets });
    assert.notDeepEqual(filesWith(location, secret), []);

    await apply(store, { ...spec, vms: withSecrets.slice(0, 20) });
    for (const vm of (await store.vms.list({ slice: 'blue' })).filter(({ desired }) => desired === 'absent')) await store.vms.forget(vm.id);
    assert.deepEqual(filesWith(location, `${secret}-30`), [], 'of VMs whose slice stays');

    await store.slices.desire('blue', 'absent');
    for (const vm of await store.vms.list({ slice: 'blue' })) await store.vms.forget(vm.id);
    assert.equal(await store.slices.sweep(slice.id), true);
    assert.deepEqual(filesWith(location, secret), [], 'of a slice that is gone as a whole');
  });
});
