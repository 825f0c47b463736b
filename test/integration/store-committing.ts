/** A process that commits one slice after the other to the store at the location in argv, and prints the name of each that is acknowledged, until it is killed. */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import { apply, lanSlice } from './samples.ts';

const [, , location = ''] = process.argv;
const store = await openStore({ location, settings: { segments: { first: 1, last: 100_000 }, transit: '10.0.0.0/8' } });
for (let number = (await store.slices.list()).length; ; number += 1) {
  await apply(store, lanSlice(`slice${number}`, 4));
  writeSync(1, `slice${number}\n`);
}
