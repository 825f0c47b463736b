import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageFetcher } from '../images/fetch/fetch.ts';
import type { ImageLibrary } from '../images/library/library.ts';
import type { ImageDelivery } from '../images/spread/deliver.ts';
import { Fleet } from '../loops/node/fleet.ts';
import type { Node } from '../model/node/node.ts';
import type { Store } from '../store/store.ts';
import { ImageSweep } from './image-sweep.ts';

function stage(files: string[], needed: string[], nodes: readonly Node[] = [], parts: string[] = []) {
  const library = {
    list: async () => [...files],
    remove: async (sha256: string) => void files.splice(files.indexOf(sha256), 1),
    occupied: async () => 4096,
  } as unknown as ImageLibrary;
  const imagePulls = { list: async () => [{ name: 'asked' }] };
  const store = { images: { contents: async () => needed }, imagePulls, nodes: { list: async () => nodes } } as unknown as Store;
  const fleet = new Fleet(() => assert.fail('there is no node'));
  const fetcher: Pick<ImageFetcher, 'discard'> = {
    async discard(isUnwanted, dryRun) {
      const unwanted = parts.filter(isUnwanted);
      if (!dryRun) parts.splice(0, parts.length, ...parts.filter((name) => !isUnwanted(name)));
      return unwanted.length * 1024;
    },
  };
  const failed = (error: unknown): void => assert.fail(String(error));
  return new ImageSweep({ store, library, delivery: {} as ImageDelivery, fetcher, fleet, failed });
}

test('CR12 a sweep removes from the library exactly what nothing needs', async () => {
  const files = ['a', 'b', 'c'];
  await stage(files, ['b']).sweep();
  assert.deepEqual(files, ['b']);
});

test('CR12 a file that has arrived but is not recorded yet is not swept away', async () => {
  const files = ['old'];
  const needed: string[] = [];
  const sweep = stage(files, needed);
  await sweep.arriving(async () => {
    files.push('new');
    await sweep.sweep();
    assert.deepEqual(files, ['old', 'new']);
    needed.push('new');
  });
  await sweep.sweep();
  assert.deepEqual(files, ['new']);
});

test('SC8 partial downloads that are no longer requested are removed on request, and not before', async () => {
  const parts = ['asked', 'given-up'];
  const sweep = stage([], [], [], parts);
  await sweep.sweep();
  assert.deepEqual(parts, ['asked', 'given-up']);
  const removed = { node: null, images: [], bytes: 1024, failure: null };
  assert.deepEqual(await sweep.collect({ dryRun: true, idle: false }), [removed]);
  assert.deepEqual(parts, ['asked', 'given-up']);
  assert.deepEqual(await sweep.collect({ dryRun: false, idle: false }), [removed]);
  assert.deepEqual(parts, ['asked']);
});

test('SC9 a node that cannot be inspected is reported, and keeps its images', async () => {
  const lost = { id: 'n', config: { name: 'lost' }, observed: { status: 'unreachable' } } as unknown as Node;
  assert.deepEqual(await stage([], [], [lost]).collect({ dryRun: false, idle: false }), [
    { node: null, images: [], bytes: 0, failure: null },
    { node: 'lost', images: [], bytes: 0, failure: 'nothing was removed there, as the node is unreachable' },
  ]);
});

test('SC9 what is idle on a node goes where that is asked for: not what its VMs use, nor what comes with a VM, nor what is kept there', async () => {
  const image = (sha256: string, prepull: string[] = []) => ({ content: { sha256 }, prepull });
  const images = new Map([
    ['i1', image('used')],
    ['i2', image('volume')],
    ['i3', image('arriving')],
    ['i4', image('kept', ['pool:fast'])],
    ['i5', image('elsewhere', ['node:other'])],
    ['i6', image('idle')],
  ]);
  const vms = [
    { nodeId: 'n', movingTo: null, imageId: 'i1', volumes: [{ imageId: 'i2' }, { imageId: null }] },
    { nodeId: 'm', movingTo: 'n', imageId: 'i3', volumes: [] },
  ];
  const node = { id: 'n', config: { name: 'one', pool: 'fast' }, observed: { status: 'ready' } };
  const asked: (readonly string[])[] = [];
  const parts = {
    store: {
      images: { contents: async () => [...images.values()].map(({ content }) => content.sha256) },
      imagePulls: { list: async () => [] },
      nodes: { list: async () => [node] },
      placement: { snapshot: async () => ({ vms, images }) },
    },
    library: { list: async () => [] },
    fetcher: { discard: async () => 0 },
    fleet: { worker: () => ({ connection: async () => ({}) }) },
    delivery: {
      collect: async (_host: unknown, _layout: unknown, kept: readonly string[]) => {
        asked.push(kept.toSorted());
        return { images: [], bytes: 0 };
      },
    },
    failed: (error: unknown) => assert.fail(String(error)),
  };
  const sweep = new ImageSweep(parts as unknown as ConstructorParameters<typeof ImageSweep>[0]);
  await sweep.collect({ dryRun: false, idle: true });
  await sweep.sweep();
  assert.deepEqual(asked, [
    ['arriving', 'kept', 'used', 'volume'],
    ['arriving', 'elsewhere', 'idle', 'kept', 'used', 'volume'],
  ]);
});
