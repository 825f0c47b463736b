/** A process that opens the store at the location in argv and prints the controller's identifier. */
import { openStore } from '../../src/store/open.ts';

const [, , location = ''] = process.argv;
const store = await openStore({ location, settings: { segments: { first: 1, last: 10 }, transit: '100.64.0.0/24' } });
console.log(store.controllerId);
await store.close();
