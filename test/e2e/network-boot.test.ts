/** A VM boots from what its boot order names: a program from the network by its NIC, or its disk. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { newIdentifier } from '../../src/model/identifier.ts';
import { referenceTo } from '../support/vm-reference.ts';
import { bootBanner, bootImage } from './boot-image.ts';
import { openGuestNetwork } from './guest-network.ts';
import { openStage } from './qemu-stage.ts';

const networkBanner = 'From afar.';

test('CR6 a VM boots from the network where its boot order says so, and from its disk where that comes first', {
  timeout: 300_000,
}, async () => {
  await using stage = await openStage();
  // Network boot programs have to fit below 640 KiB.
  await writeFile(`${stage.folder}/boot.0`, bootImage('obedient', networkBanner).content.subarray(0, 1024));
  await using network = await openGuestNetwork(stage.host, { bootFolder: stage.folder });
  for (const { bootOrder, shown, other } of [
    { bootOrder: ['nic', 'disk'], shown: networkBanner, other: bootBanner },
    { bootOrder: ['disk', 'nic'], shown: bootBanner, other: networkBanner },
    { bootOrder: null, shown: bootBanner, other: networkBanner },
  ]) {
    const plain = await stage.launch('obedient', { bootOrder });
    const port = { ...network.port(newIdentifier()), vmId: plain.id };
    await network.addTap(plain.id, port);
    await stage.up({ ...plain, ports: [port] }, network.host);
    const console = await stage.shows(plain.id, shown);
    assert.ok(!console.includes(other), console);
    await stage.driver.destroy(referenceTo(plain.id));
  }
});
