import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gibibyte } from '../../vm/flavor.ts';
import { checkImageMap } from './check.ts';
import { readImageMap } from './read.ts';
import { resolveLabel } from './resolve.ts';

const text = readFileSync(new URL('../../../../catalogue/images.yaml', import.meta.url), 'utf8');
const catalogue = readImageMap(text, 'catalogue/images.yaml');
const none: ReadonlySet<string> = new Set();

test('SC6 every label of the shipped catalogue leads to an image of it', () => {
  checkImageMap(catalogue, none);
  for (const label of [null, ...catalogue.aliases.keys(), ...catalogue.images.keys()]) {
    assert.ok(catalogue.images.has(resolveLabel(catalogue, label, none).image), String(label));
  }
});

test('SC6 every image of the shipped catalogue can be verified, comes by https, and is what its name says', () => {
  for (const { name, sources, checksum, compression, format, traits } of catalogue.images.values()) {
    assert.ok(checksum !== null, `${name} has a checksum`);
    for (const source of sources) assert.match(source, /^https:/, name);
    if ('url' in checksum) {
      assert.match(checksum.url, /^https:/, name);
      assert.ok(sources.every((source) => source.endsWith(`/${checksum.file}`)));
      // In one folder, so that a mirror's host serves both.
      assert.equal(checksum.url.slice(0, checksum.url.lastIndexOf('/')), sources[0]?.slice(0, sources[0].lastIndexOf('/')), name);
    }
    assert.equal(compression, { xz: 'xz', zst: 'zstd' }[sources[0]?.split('.').at(-1) ?? ''] ?? 'none', name);
    assert.equal(format, name.startsWith('openindiana') ? null : 'qcow2', name);
    assert.equal(traits.firmware, name.endsWith('-uefi') ? 'uefi' : 'bios', name);
    assert.ok(traits.nocloud && traits.memory !== null, name);
  }
});

test('SC7 the shipped sizes are those that labels had before', () => {
  assert.deepEqual(
    [...catalogue.sizes.values()],
    [
      { name: 'small', cpus: 1, memory: gibibyte, disk: null },
      { name: 'medium', cpus: 2, memory: 2 * gibibyte, disk: null },
      { name: 'large', cpus: 4, memory: 4 * gibibyte, disk: null },
    ],
  );
  assert.deepEqual(resolveLabel(catalogue, 'ubuntu-22.04:large', none), { image: 'ubuntu-22.04', size: catalogue.sizes.get('large') });
});

test('SC6 the families that users ask for by name are there', () => {
  for (const label of ['debian', 'ubuntu', 'ubuntu-latest', 'alpine', 'fedora', 'rocky', 'cirros', 'freebsd', 'omnios', 'illumos-latest']) {
    assert.doesNotThrow(() => resolveLabel(catalogue, label, none));
  }
});
