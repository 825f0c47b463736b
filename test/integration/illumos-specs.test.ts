import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/host/host.ts';
import { readScript } from '../../src/host/script.ts';
import { readNodeSpecs } from '../../src/tools/node-specs.ts';
import { openStandIns } from '../stand-ins/zones/machine.ts';

test('CR1 a node that runs illumos says what it is and has in the same lines as one that runs Linux', async () => {
  await using machine = await openStandIns();
  const parts = ['usage', 'identity'].map((part) => readScript(import.meta.url, `../../src/tools/scripts/illumos-${part}.sh`));
  const script = `${parts.join('')}folder=$1\nillumos_usage\nillumos_identity "$1"`;
  const result = await run(machine.host, { argv: ['sh', '-c', script, 'specs', machine.pool] });
  const { tools: _, ...specs } = readNodeSpecs(machine.pool).parse(result);
  assert.deepEqual(specs, {
    ...{ bootId: '1700000000', load: 1.5, cpus: 3, architecture: 'x86_64' },
    ...{ memory: 8 * 2 ** 30, memoryAvailable: 4 * 2 ** 30, disk: 4 * 2 ** 30, diskFree: 3 * 2 ** 30, diskForeign: 2 ** 30 },
    ...{ kernel: 'omnios-r151054-stand-in', operatingSystem: 'unknown', datapath: null, firmwares: ['bios'], hypervisors: [] },
  });
});
