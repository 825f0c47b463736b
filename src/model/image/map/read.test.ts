import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError, type InputIssue } from '../../error.ts';
import { gibibyte, mebibyte } from '../../vm/flavor.ts';
import { type ImageDefinition, usualTraits } from '../definition.ts';
import type { ImageMap } from './image-map.ts';
import { readImageMap } from './read.ts';

function errorOf(text: string, code: 'input.invalid' | 'input.syntax' = 'input.invalid'): CroftError {
  try {
    readImageMap(text, 'images.yaml');
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    return thrown;
  }
  return assert.fail('no error');
}

/** `3:5 path: message`. */
function told({ line, column, path, message }: InputIssue): string {
  return `${line}:${column} ${path}: ${message}`;
}

function issueOf(text: string): string {
  const { issues } = errorOf(text);
  assert.equal(issues.length, 1, JSON.stringify(issues));
  return issues.map(told).join();
}

function imageOf(fields: string): ImageDefinition {
  const image = readImageMap(`images: { x: { ${fields} } }`, 'images.yaml').images.get('x');
  assert.ok(image !== undefined);
  return image;
}

const source = 'source: "https://example.org/disk.img"';
const sha256 = 'ab'.repeat(32);
const sha512 = 'cd'.repeat(64);

const solstice = `# Solstice CI
default_label: illumos-latest
aliases:
  illumos-latest: openindiana-hipster
sizes:
  small: { cpu: 1, ram_mb: 1024 }
  medium:
    cpus: 2
    ram: 2048
images:
  openindiana-hipster:
    backend: zones
    source: "https://dlc.openindiana.org/isos/hipster/20250402/OI-hipster-cloudimage.img.zstd"
    local_path: "/var/lib/solstice/images/openindiana-hipster.img"
    decompress: zstd
    nocloud: true
    defaults:
      cpu: 2
      ram_mb: 2048
      disk_gb: 20
  by-hand:
    backend: noop
    source:
    local_path: /srv/my images/by-hand.img
    decompress: zstd
`;

test('SC6 an image map of Solstice CI is read as it is', () => {
  const map = readImageMap(solstice, 'orchestrator-image-map.yaml');
  const expected: ImageMap = {
    defaultLabel: { label: 'illumos-latest', place: { file: 'orchestrator-image-map.yaml', line: 2, column: 1 } },
    aliases: new Map([
      ['illumos-latest', { label: 'openindiana-hipster', place: { file: 'orchestrator-image-map.yaml', line: 4, column: 3 } }],
    ]),
    sizes: new Map([
      ['small', { name: 'small', cpus: 1, memory: gibibyte, disk: null }],
      ['medium', { name: 'medium', cpus: 2, memory: 2 * gibibyte, disk: null }],
    ]),
    images: new Map<string, ImageDefinition>([
      [
        'openindiana-hipster',
        {
          name: 'openindiana-hipster',
          sources: ['https://dlc.openindiana.org/isos/hipster/20250402/OI-hipster-cloudimage.img.zstd'],
          checksum: null,
          compression: 'zstd',
          format: null,
          traits: { ...usualTraits, backend: 'zones', cpus: 2, memory: 2 * gibibyte, disk: 20 * gibibyte },
        },
      ],
      [
        'by-hand',
        {
          name: 'by-hand',
          sources: ['file:///srv/my%20images/by-hand.img'],
          checksum: null,
          compression: 'none',
          format: null,
          traits: usualTraits,
        },
      ],
    ]),
  };
  assert.deepEqual(map, expected);
});

test('SC6 an image says its mirrors, checksum, format, machine and size', () => {
  const image = imageOf(
    `sources: ["https://a.example/d.vmdk.bz2", "http://b.example/d.vmdk.bz2", "file:///srv/d.vmdk.bz2"], sha512: ${sha512.toUpperCase()}, ` +
      'format: vmdk, architecture: arm64, nocloud: false, backend: kvm, cpus: 2, memory: 1.5GiB, disk: 8GB',
  );
  assert.deepEqual(image, {
    name: 'x',
    sources: ['https://a.example/d.vmdk.bz2', 'http://b.example/d.vmdk.bz2', 'file:///srv/d.vmdk.bz2'],
    checksum: { algorithm: 'sha512', value: sha512 },
    compression: 'bz2',
    format: 'vmdk',
    traits: {
      architecture: 'aarch64',
      firmware: 'uefi',
      nocloud: false,
      backend: 'qemu',
      cpus: 2,
      memory: 1536 * mebibyte,
      disk: 8_000_000_000,
    },
  });
});

test('SC6 a checksum file is recognised by its name, and the name in it by the source', () => {
  const url = 'https://example.org/SHA512SUMS';
  assert.deepEqual(imageOf(`${source}, checksums: "${url}"`).checksum, { algorithm: 'sha512', url, file: 'disk.img' });
  const told = `checksums: "https://example.org/CHECKSUM", checksum_algorithm: sha256, checksum_file: "images/disk.img"`;
  assert.deepEqual(imageOf(`${source}, ${told}`).checksum, {
    algorithm: 'sha256',
    url: 'https://example.org/CHECKSUM',
    file: 'images/disk.img',
  });
  for (const name of ['CHECKSUM.SHA256', 'disk.img.sha256sum', 'sha256sum.txt', 'disk-sha-256']) {
    assert.equal(imageOf(`${source}, checksums: "https://example.org/${name}"`).checksum?.algorithm, 'sha256', name);
  }
  assert.match(issueOf(`images: { x: { ${source}, checksums: "https://example.org/CHECKSUM" } }`), /does not tell the algorithm/);
});

test('SC6 compression is detected from the suffix of the source, or given', () => {
  const suffixes = { img: 'none', 'img.gz': 'gz', 'img.XZ': 'xz', 'img.bz2': 'bz2', 'img.zst': 'zstd', 'img.zstd': 'zstd' };
  for (const [suffix, compression] of Object.entries(suffixes)) {
    assert.equal(imageOf(`source: "https://example.org/a.${suffix}?x=1.gz"`).compression, compression, suffix);
  }
  assert.equal(imageOf('source: "https://example.org/a.gz", decompress: none').compression, 'none');
  assert.equal(imageOf('source: "https://example.org/a", decompress: gzip').compression, 'gz');
});

test('SC6 anchors and merge keys save repeating', () => {
  const text = `images:
  a: &a
    source: https://example.org/a.img
    firmware: uefi
    memory: 1GiB
  b:
    <<: *a
    source: https://example.org/b.img
`;
  const { images } = readImageMap(text, 'images.yaml');
  assert.deepEqual(images.get('b'), { ...images.get('a'), name: 'b', sources: ['https://example.org/b.img'] });
});

test('SC6 an anchor may serve hundreds of images, and anchors that multiply are refused', () => {
  const images = Array.from({ length: 500 }, (_, index) => `  i${index}: { <<: *a, cpus: 1 }`);
  const text = `images:\n  a: &a { ${source} }\n${images.join('\n')}`;
  assert.equal(readImageMap(text, 'images.yaml').images.size, 501);
  const bomb = Array.from({ length: 20 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`);
  assert.match(errorOf(`a0: &a0 [x, x]\n${bomb.join('\n')}`, 'input.syntax').message, /alias/i);
});

test('SC6 an empty image map is one', () => {
  for (const text of ['', '# nothing yet\n', '{}', 'images:\naliases:\n']) {
    assert.deepEqual(readImageMap(text, 'images.yaml').images.size, 0, text);
  }
});

test('SC6 names are kept as they are given, whatever JavaScript objects call their own', () => {
  const map = readImageMap(`images: { constructor: { ${source} }, Win11.x86_64: { ${source} } }\naliases: { toString: constructor }`, 'i');
  assert.deepEqual([...map.images.keys()], ['constructor', 'Win11.x86_64']);
  assert.equal(map.aliases.get('toString')?.label, 'constructor');
});

test('SC6 every error is reported at once, with file, line and column', () => {
  const text = `default_labl: a
aliases:
  -bad: a
  b: 12
  c: "a:"
sizes:
  small: { cpus: 1, memry: 1GiB }
images:
  a:
    source: ftp://example.org/a.img
    formt: qcow2
    format: qcow
    backend: libvrt
  b:
    sha256: 12ab
    memory: 2048
    ram: 7
  c: [1]
`;
  const error = errorOf(text);
  assert.match(error.message, /^The image map images\.yaml is not valid: line 1, column 1: default_labl: unknown key/);
  assert.deepEqual(
    error.issues.map(told).map((issue) => issue.replace(/must be a URL of a file, such as [^:]+:[^:]+:\S+/, 'URL').slice(0, 130)),
    [
      '1:1 default_labl: unknown key "default_labl": did you mean default_label?',
      '3:3 aliases.-bad: a name of an image, alias or size starts with a letter or digit, has only letters, digits, ".", "_" and "-", and',
      '4:3 aliases.b: must be a text: put it in quotes',
      '5:3 aliases.c: a label is NAME or NAME:SIZE, such as ubuntu-22.04:large; a name of an image, alias or size starts with a letter or',
      '7:21 sizes.small.memry: unknown key "memry": did you mean memory?',
      '10:5 images.a.source: URL only http, https and file',
      '11:5 images.a.formt: unknown key "formt": did you mean format?',
      '12:5 images.a.format: unknown format "qcow": did you mean qcow2?',
      '13:5 images.a.backend: unknown backend "libvrt": did you mean libvirt?',
      '14:3 images.b: has no source: give source, sources or local_path',
      '15:5 images.b.sha256: must be 64 hexadecimal digits in quotes',
      '16:5 images.b.memory: must be a size: a size is a number with its unit, such as 256MiB, 1.5GiB or 20GB (KiB, MiB, GiB, TiB and K, ',
      '17:5 images.b.ram: says the same as memory: one of them must go',
      '17:5 images.b.ram: "7", counted in MiB, is not between 32MiB and 4TiB',
      '18:3 images.c: must be a map of keys and values',
    ],
  );
});

const wrongImages: [string, string, RegExp][] = [
  ['has no source', 'x: {}', /images\.x: has no source: give source, sources or local_path/],
  ['has nothing at all', 'x:', /images\.x: is empty/],
  ['has a relative local path', 'x: { local_path: a/b.img }', /local_path: must be the absolute path/],
  ['has two kinds of sources', `x: { ${source}, sources: ["https://a.example/b"] }`, /source is given too/],
  ['has no URL in sources', 'x: { sources: [] }', /at least one URL/],
  ['has one URL as sources', 'x: { sources: "https://a.example/b" }', /must be a list of URLs/],
  ['has two checksums', `x: { ${source}, sha256: ${sha256}, sha512: ${sha512} }`, /sha512: sha256 is given too/],
  ['has a checksum file of nothing', `x: { ${source}, checksum_file: a }`, /these are not given/],
  ['has an unknown algorithm', `x: { ${source}, checksums: "https://a.example/b", checksum_algorithm: md5 }`, /unknown algorithm "md5"/],
  ['has no folder in its source', 'x: { source: "https://example.org/" }', /must be a URL of a file/],
  ['has a file URL of a host', 'x: { source: "file://host/a.img" }', /must be a URL of a file/],
  ['has a source with a line in it', 'x: { source: "https://example.org/a\\nb" }', /must be a URL of a file/],
  ['has a source that escapes', 'x: { source: "https://example.org/a%2fb" }', /must be a URL of a file/],
  ['has a BIOS on ARM', `x: { ${source}, architecture: aarch64, firmware: bios }`, /aarch64 has uefi only/],
  ['has an unknown firmware', `x: { ${source}, firmware: efi }`, /unknown firmware "efi": did you mean uefi\?/],
  ['has an unknown compression', `x: { ${source}, decompress: zsdt }`, /unknown compression "zsdt": did you mean zst or zstd\?/],
  ['has an unknown architecture', `x: { ${source}, architecture: x64_86 }`, /unknown architecture/],
  ['has a text for a boolean', `x: { ${source}, nocloud: "yes" }`, /nocloud: must be true or false/],
  ['has an unknown default', `x: { ${source}, defaults: { rm_mb: 4 } }`, /defaults\.rm_mb: unknown key "rm_mb": did you mean ram_mb/],
  ['says CPUs twice', `x: { ${source}, defaults: { cpu: 1, cpus: 2 } }`, /defaults\.cpu: says the same as cpus/],
  ['has too many CPUs', `x: { ${source}, cpus: 1000 }`, /cpus: must be at most 512/],
  ['has a disk in bytes', `x: { ${source}, disk: 21474836480 }`, /counted in GiB, is not between 1MiB and 64TiB/],
  ['has a forbidden key', `x: { ${source}, "__proto__": {} }`, /this key is not allowed|unknown key/],
];

test('SC6 an image that cannot be is refused in words', () => {
  for (const [what, image, message] of wrongImages) assert.match(errorOf(`images: { ${image} }`).message, message, what);
});

test('SC6 conflicting fields are reported together with an invalid field', () => {
  const { issues } = errorOf(`images: { x: { ${source}, formt: raw, sha256: ${sha256}, sha512: ${sha512} } }`);
  assert.deepEqual(issues.map(({ path }) => path).sort(), ['images.x.formt', 'images.x.sha512']);
});

test('SC7 a size has CPUs and memory', () => {
  assert.match(issueOf('sizes:\n  big: { cpus: 8 }'), /^2:3 sizes\.big: has no memory$/);
  assert.match(issueOf('sizes:\n  big: { memory: 8GiB }'), /^2:3 sizes\.big: has no cpus$/);
  assert.deepEqual(readImageMap('sizes: { big: { cpus: 8, memory: 8GiB, disk: 1TiB } }', 'x').sizes.get('big')?.disk, 1024 * gibibyte);
});

test('SC6 what is no YAML, or no map, says so with the name of the file', () => {
  assert.match(errorOf('images: {\n', 'input.syntax').message, /^The image map images\.yaml is not valid: line 2/);
  assert.match(errorOf('a: 1\na: 2', 'input.syntax').message, /line 2, column 1: "a" is there already, in line 1/);
  assert.match(errorOf('{}\n---\n{}', 'input.syntax').message, /a second document begins here/);
  assert.match(errorOf('[]').message, /must be a map of keys and values/);
  assert.match(errorOf('images: [1]').message, /images: must be a map of keys and values/);
  assert.throws(
    () => readImageMap('[]', 'a\u001b[2J.yaml'),
    (thrown) => thrown instanceof CroftError && !/\p{Cc}/u.test(thrown.message),
  );
});

test('SC6 a map of a few lines whose merge keys stand for millions of keys is refused before they are made', () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `k${index}: 1`).join(', ');
  const images = Array.from({ length: 900 }, (_, index) => `  i${index}: { <<: *a }`).join('\n');
  assert.match(errorOf(`images:\n  a: &a { ${keys} }\n${images}\n`, 'input.syntax').message, /its aliases repeat too much of it/);
  assert.match(errorOf('images: &a [*a]\n', 'input.syntax').message, /its aliases repeat too much of it/);
});
