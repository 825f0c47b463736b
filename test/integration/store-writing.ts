/** A process that holds a writing transaction of the store at the location in argv open, says so, and never ends by itself. */
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { administrator } from '../../src/model/access/principal.ts';
import { openStore } from '../../src/store/open.ts';

const [, , location = ''] = process.argv;
const store = await openStore({ location, settings: { segments: { first: 1, last: 100_000 }, transit: '10.0.0.0/8' } });
await store.commit(administrator, async () => {
  writeSync(1, 'writing\n');
  await delay(2 ** 31 - 1);
});
