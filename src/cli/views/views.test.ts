import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageView } from '../../model/image/view.ts';
import { anywhere } from '../../model/placement/placement.ts';
import type { VmView } from '../../model/vm/view.ts';
import { createPaint } from '../output/paint.ts';
import { imageTable } from './image.ts';
import { vmDetails, vmTable } from './vm.ts';

const options = { width: 80, now: 60_000, paint: createPaint(false) };

const vm: VmView = {
  ...{ id: 'v1', slice: 'lab', name: 'web', node: null, movingTo: null, pendingReason: null, stayReason: null, step: null },
  ...{ desired: 'running', state: 'none', reason: 'lab1, lab2: without the label disk=nvme', addressed: false, image: 'micro' },
  ...{ cpus: 1, memory: 2 ** 27, disk: null, bootOrder: ['nic', 'disk'], firmware: 'uefi', nics: [], restart: 'always', restarts: 0 },
  placement: { ...anywhere, pools: ['fast'], labels: { disk: 'nvme' } },
  volumes: [
    { name: 'data', image: null, size: 2 ** 30 },
    { name: 'tools', image: 'setup', size: null },
  ],
  ...{ failures: 0, retryAt: null, startedAt: null, createdAt: 0 },
};

test('MH8 a VM is shown with its volumes and its firmware', () => {
  const text = vmDetails(vm, options);
  assert.match(text, /^volumes +data 1GiB, tools of image setup$/m);
  assert.match(text, /^firmware +UEFI$/m);
  assert.match(text, /^asks for +pools fast, labels disk=nvme$/m);
  assert.doesNotMatch(vmDetails({ ...vm, placement: anywhere }, options), /asks for/);
  assert.match(vmDetails({ ...vm, firmware: null, volumes: [] }, options), /^firmware +the image's$/m);
});

test('CR4 in a list the reason of a VM that waits is readable on a terminal of 80 columns', () => {
  assert.match(vmTable([vm], options), /lab1, lab2: without the label disk=nv/);
});

test('SC8 a list of images tells what is ready, in which format, and what failed', () => {
  const traits = { architecture: 'x86_64', firmware: 'bios', nocloud: true, backend: null, cpus: null, memory: null, disk: null } as const;
  const fetched: ImageView = {
    ...{ id: 'i1', name: 'debian', traits, origin: null, createdAt: 0, prepull: [], vms: 0, vmsOfEarlier: 0, nodes: [], pull: null },
    content: { sha256: 'a'.repeat(64), format: 'qcow2', size: 10, virtualSize: 20 },
  };
  const failed: ImageView = {
    ...fetched,
    name: 'mine',
    content: null,
    pull: { progress: null, reason: 'no such host', retryAt: null, attempts: 1, checked: true },
  };
  const [, first, second] = imageTable([fetched, failed], options).split('\n');
  assert.match(first ?? '', /^debian +ready +qcow2 /);
  assert.match(second ?? '', /^mine +failed +- /);
});
