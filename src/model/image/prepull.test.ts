import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from './image.ts';
import { prepulledImages } from './prepull.ts';

const traits = { firmware: 'bios', user: null, seed: true } as never as Image['traits'];

function image(name: string, prepull: string[], fetched = true): Image {
  const content = fetched ? { sha256: name.repeat(64), format: 'raw' as const, size: 1, virtualSize: 2 } : null;
  return { id: name, name, content, traits, origin: null, prepull, createdAt: 0 };
}

test('SC4 a node is to have the fetched images that name it, its pool or all nodes, and no others', () => {
  const images = [
    image('a', ['all']),
    image('b', ['pool:fast']),
    image('c', ['node:n1', 'pool:slow']),
    image('d', ['node:n2', 'pool:slow']),
    image('e', []),
    image('f', ['all'], false),
  ];
  const ids = prepulledImages({ name: 'n1', pool: 'fast' }, images).map(({ id }) => id);
  assert.deepEqual(ids, ['a', 'b', 'c']);
});
