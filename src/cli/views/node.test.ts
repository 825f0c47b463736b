import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeConfigSchema } from '../../model/node/node.ts';
import type { NodeView } from '../../model/node/view.ts';
import { createPaint } from '../output/paint.ts';
import { nodeDetails, nodeTable } from './node.ts';

const options = { width: 200, now: 60_000, paint: createPaint(false) };
const nothing = { cpus: 0, memory: 0, disk: 0 };

const node = (config: Parameters<typeof nodeConfigSchema.parse>[0], changes: Partial<NodeView> = {}): NodeView => {
  const parsed = nodeConfigSchema.parse(config);
  return {
    ...{ id: 'n', name: parsed.name, config: parsed, simulated: false, capabilities: ['pause', 'vnc'], administration: 'active' },
    ...{ status: 'ready', reason: null, seenAt: 0, since: 0, specs: null, capacity: null, promised: nothing, vms: 0, leaving: 0 },
    ...{ arriving: 0, createdAt: 0 },
    ...changes,
  };
};

const specs: NonNullable<NodeView['specs']> = {
  ...{ architecture: 'x86_64', kernel: '6.1', operatingSystem: 'Debian', bootId: 'b', cpus: 2, memory: 1, memoryAvailable: 1 },
  ...{
    disk: 1,
    diskFree: 1,
    diskForeign: 0,
    load: 0,
    accelerator: { kind: 'tcg', reason: 'measured' },
    firmwares: ['bios'],
    hypervisors: ['libvirt'],
  },
  ...{ tools: {}, datapath: 'netdev', hypervisor: { version: '9.0.0', limits: ['memory'] } },
};

test('SC11 a list of nodes tells simulated ones from this machine, and what each runs VMs on', () => {
  const table = nodeTable(
    [
      node({ name: 'here' }),
      node({ name: 'sim-0001' }, { simulated: true }),
      node({ name: 'l', ssh: { address: '192.0.2.1' }, hypervisor: 'libvirt' }),
    ],
    options,
  );
  assert.match(table, /^here .* this machine +qemu /m);
  assert.match(table, /^sim-0001 .* simulated +- /m);
  assert.match(table, /^l .* root@192\.0\.2\.1 +libvirt /m);
});

test('SC11 a node is shown with its hypervisor, what that can and cannot do, and what is limited of its VMs', () => {
  const libvirt = { uri: 'qemu:///session', network: 'lab' };
  const text = nodeDetails(node({ name: 'l', hypervisor: 'libvirt', libvirt }, { specs }), options);
  assert.match(text, /^hypervisor +libvirt 9\.0\.0, qemu:\/\/\/session, network lab$/m);
  assert.match(text, /^can +pause, vnc$/m);
  assert.match(text, /^cannot +reboot, snapshot, memory-snapshot, /m);
  assert.match(text, /^limits +control groups limit the memory of each VM$/m);
  const simulated = nodeDetails(node({ name: 'sim-0001' }, { simulated: true }), options);
  assert.match(simulated, /^address +simulated$/m);
  assert.match(simulated, /^hypervisor +none: /m);
  assert.match(nodeDetails(node({ name: 'new' }), options), /^hypervisor +qemu$/m);
});
