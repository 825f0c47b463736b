import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/host/host.ts';
import { illumosIdentity, illumosUsage } from '../../src/tools/illumos-specs.ts';
import { readNodeSpecs } from '../../src/tools/node-specs.ts';
import { openStandIns } from '../stand-ins/zones/machine.ts';

test('CR1 a node that runs illumos says what it is and has in the same lines as one that runs Linux', async () => {
  await using machine = await openStandIns();
  const script = `folder=$1\n${illumosUsage}${illumosIdentity}`;
  const result = await run(machine.host, { argv: ['sh', '-c', script, 'specs', machine.pool] });
  const { tools: _, ...specs } = readNodeSpecs(machine.pool).parse(result);
  assert.deepEqual(specs, {
    ...{ bootId: '1700000000', load: 1.5, cpus: 3, architecture: 'x86_64' },
    ...{ memory: 8 * 2 ** 30, memoryAvailable: 4 * 2 ** 30, disk: 4 * 2 ** 30, diskFree: 3 * 2 ** 30, diskForeign: 2 ** 30 },
    ...{ kernel: 'omnios-r151054-stand-in', operatingSystem: 'unknown', datapath: null, firmwares: ['bios'], hypervisors: [] },
  });
});
