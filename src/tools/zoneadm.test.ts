import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readListedZone } from './zoneadm.ts';

test('SC11 a line of the list is a zone with its state and path, in which a colon is escaped', () => {
  const uuid = '36e949e2-25dd-c894-ab57-bd7856a65d7f';
  assert.deepEqual(readListedZone(`3:web:running:/zones/a\\:b:${uuid}:bhyve:excl`), {
    name: 'web',
    state: 'running',
    zonepath: '/zones/a:b',
  });
  assert.deepEqual(readListedZone('-:db:installed:/zones/db::bhyve:excl'), { name: 'db', state: 'installed', zonepath: '/zones/db' });
  assert.equal(readListedZone('-:db:??:/zones/db::bhyve:excl')?.state, 'unknown');
  for (const line of ['', 'global', '0:global']) assert.equal(readListedZone(line), null);
});
