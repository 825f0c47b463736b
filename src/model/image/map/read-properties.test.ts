/** Properties of image maps of any content: they are read, or refused with a code and places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { CroftError } from '../../error.ts';
import { formatSize } from '../../input/unit.ts';
import { type ImageDefinition, imageDefinitionSchema } from '../definition.ts';
import { readImageMap } from './read.ts';

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('a', 'https://example.org/a.img', 'file:///a', 'qcow2', 'sha256', '1GiB', 'zstd', 'a:b'),
);
const key = fc.oneof(
  text,
  fc.constantFrom('source', 'sources', 'local_path', 'checksums', 'memory', 'ram', 'disk', 'cpus', 'defaults', 'format', '__proto__'),
);
const leaf = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const part = fc.oneof({ weight: 4, arbitrary: leaf }, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, leaf, { maxKeys: 4 }));
const section = fc.oneof(fc.dictionary(key, fc.oneof(fc.dictionary(key, part, { maxKeys: 6 }), part), { maxKeys: 4 }), part);
const top = fc.oneof(fc.constantFrom('default_label', 'aliases', 'sizes', 'images'), key);

test('SC6 whatever an image map holds, it is read, or refused with a code and places', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.dictionary(top, section, { maxKeys: 4 }).map((value) => stringify(value)),
        fc.string(),
      ),
      (content) => {
        try {
          for (const image of readImageMap(content, 'images.yaml').images.values()) imageDefinitionSchema.parse(image);
        } catch (thrown) {
          assert.ok(thrown instanceof CroftError && thrown.code.startsWith('input.'), String(thrown));
          assert.ok(thrown.issues.length > 0);
          assert.doesNotMatch(thrown.message, /\p{Cc}/u);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

const definition: fc.Arbitrary<ImageDefinition> = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
  sources: fc.array(fc.stringMatching(/^(https?:\/\/[a-z]{1,9}\.example|file:\/\/)\/[a-z0-9]{1,9}(\.[a-z]{1,3}){0,2}$/), {
    minLength: 1,
    maxLength: 20,
  }),
  checksum: fc.oneof(
    fc.constant(null),
    fc.record({ algorithm: fc.constant<'sha256'>('sha256'), value: fc.stringMatching(/^[0-9a-f]{64}$/) }),
    fc.record({ algorithm: fc.constantFrom('sha256', 'sha512'), url: fc.constant('https://a.example/CHECKSUM'), file: fc.constant('x/y') }),
  ),
  compression: fc.constantFrom('none', 'gz', 'xz', 'bz2', 'zstd'),
  format: fc.option(fc.constantFrom('qcow2', 'raw', 'vmdk', 'vhdx', 'iso')),
  traits: fc.record({
    architecture: fc.constant<'x86_64'>('x86_64'),
    firmware: fc.constantFrom('bios', 'uefi'),
    nocloud: fc.boolean(),
    backend: fc.option(fc.constantFrom('qemu', 'libvirt', 'zones')),
    cpus: fc.option(fc.integer({ min: 1, max: 512 })),
    memory: fc.option(fc.integer({ min: 32 * 1024 ** 2, max: 2 ** 42 })),
    disk: fc.option(fc.integer({ min: 1024 ** 2, max: 2 ** 46 })),
  }),
});

function written({ sources, checksum, compression, format, traits }: ImageDefinition): object {
  const size = (bytes: number | null): string | null => (bytes === null ? null : formatSize(bytes));
  const { memory, disk, ...rest } = traits;
  const pinned = checksum !== null && 'value' in checksum ? { [checksum.algorithm]: checksum.value } : {};
  const listed =
    checksum !== null && 'url' in checksum
      ? { checksums: checksum.url, checksum_algorithm: checksum.algorithm, checksum_file: checksum.file }
      : {};
  return { sources, ...pinned, ...listed, decompress: compression, format, ...rest, memory: size(memory), disk: size(disk) };
}

test('SC6 a definition written down as an image of a map is read as the same definition', () => {
  fc.assert(
    fc.property(definition, (image) => {
      const content = stringify({ images: { [image.name]: written(image) } });
      assert.deepEqual(readImageMap(content, 'images.yaml').images.get(image.name), structuredClone(image));
    }),
    { numRuns: 500 },
  );
});
