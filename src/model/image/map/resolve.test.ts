import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CroftError } from '../../error.ts';
import { type ImageDefinition, usualTraits } from '../definition.ts';
import { checkImageMap } from './check.ts';
import { imagesOfAliases } from './follow.ts';
import { emptyImageMap, type ImageMap, mergeImageMaps } from './image-map.ts';
import { readImageMap } from './read.ts';
import { resolveLabel } from './resolve.ts';

const none: ReadonlySet<string> = new Set();
const source = '{ source: "https://example.org/a.img" }';

const map = readImageMap(
  `default_label: ubuntu
aliases:
  ubuntu: ubuntu-22.04
  big: ubuntu:large
  bigger: big:huge
  stored: from-store
  debian: debian:small
sizes:
  small: { cpus: 1, memory: 1GiB }
  large: { cpus: 4, memory: 4GiB }
  huge: { cpus: 8, memory: 8GiB, disk: 40GiB }
images: { ubuntu-22.04: ${source}, debian: ${source} }
`,
  'images.yaml',
);
const known: ReadonlySet<string> = new Set(['from-store']);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError && thrown.code === 'input.invalid', String(thrown));
    return thrown.message;
  }
  return assert.fail('no error');
}

function meant(label: string | null): string {
  const { image, size } = resolveLabel(map, label, known);
  return size === null ? image : `${image}:${size.name}`;
}

test('SC7 a label leads through aliases to an image and a size, and the size that comes first counts', () => {
  const expected: [string | null, string][] = [
    [null, 'ubuntu-22.04'],
    ['ubuntu-22.04', 'ubuntu-22.04'],
    ['ubuntu-22.04:large', 'ubuntu-22.04:large'],
    ['ubuntu:small', 'ubuntu-22.04:small'],
    ['big', 'ubuntu-22.04:large'],
    ['big:small', 'ubuntu-22.04:small'],
    ['bigger', 'ubuntu-22.04:huge'],
    ['stored:huge', 'from-store:huge'],
    ['from-store', 'from-store'],
    ['debian', 'debian:small'],
    ['debian:large', 'debian:large'],
  ];
  for (const [label, result] of expected) assert.equal(meant(label), result, String(label));
  assert.equal(resolveLabel(map, 'stored:huge', known).size?.disk, 40 * 1024 ** 3);
  checkImageMap(map, known);
});

test('SC7 a label that leads nowhere fails with near names', () => {
  const expected: [string, RegExp][] = [
    ['ubunt-22.04', /^The label "ubunt-22\.04" is not valid: unknown image or alias "ubunt-22\.04": did you mean ubuntu-22\.04/],
    ['Ubuntu', /did you mean ubuntu\?/],
    ['windows', /unknown image or alias "windows": there are ubuntu, big, bigger/],
    ['ubuntu:larg', /unknown size "larg": did you mean large\?/],
    ['ubuntu:', /a label is NAME or NAME:SIZE/],
    ['a:b:c', /a label is NAME or NAME:SIZE/],
    ['', /a label is NAME or NAME:SIZE/],
    ['a\u001b[2J', /a label is NAME or NAME:SIZE/],
    ['__proto__', /a label is NAME or NAME:SIZE/],
    ['constructor', /unknown image or alias/],
  ];
  for (const [label, message] of expected) {
    const told = messageOf(() => resolveLabel(map, label, known));
    assert.match(told, message);
    assert.doesNotMatch(told, /\p{Cc}/u);
  }
  assert.match(
    messageOf(() => resolveLabel(map, 'stored', none)),
    /The label "stored" is not valid: it stands for "from-store": unknown image or alias "from-store"/,
  );
});

test('SC7 without a label the default label counts, and its absence is reported', () => {
  assert.match(
    messageOf(() => resolveLabel(emptyImageMap, null, known)),
    /No label is given, and the image map has no default_label/,
  );
  const lost = readImageMap('default_label: nowhere', 'images.yaml');
  assert.match(
    messageOf(() => resolveLabel(lost, null, known)),
    /The default label "nowhere" is not valid: unknown image/,
  );
});

test('SC6 references that lead nowhere are reported at once, with their places', () => {
  const wrong = readImageMap(
    `default_label: ubunto\naliases:\n  ubuntu: ubuntu-22.04:smal\n  a: ubuntu-2.04\n  self: self\nsizes: { small: { cpus: 1, memory: 1GiB } }\nimages: { ubuntu-22.04: ${source} }`,
    'images.yaml',
  );
  const expected = [
    'line 1, column 1: default_label: unknown image or alias "ubunto": did you mean ubuntu',
    'line 3, column 3: aliases.ubuntu: unknown size "smal": did you mean small?',
    'line 4, column 3: aliases.a: unknown image or alias "ubuntu-2.04": did you mean ubuntu-22.04',
    'line 5, column 3: aliases.self: unknown image or alias "self": there are ubuntu, a, ubuntu-22.04',
  ];
  try {
    checkImageMap(wrong, none);
    assert.fail('no error');
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    assert.match(thrown.message, /^The image map images\.yaml is not valid: line 1/);
    const told = thrown.issues.map(({ line, column, path, message }) => `line ${line}, column ${column}: ${path}: ${message}`);
    assert.deepEqual(
      told.map((text, index) => text.slice(0, expected[index]?.length)),
      expected,
    );
  }
});

test('SC6 aliases may name what another map has, and are checked once all are there', () => {
  const over = readImageMap('aliases: { mine: ubuntu-22.04:large, there: nowhere }', 'mine.yaml');
  const base = readImageMap(
    `aliases: { lost: elsewhere }\nimages: { ubuntu-22.04: ${source} }\nsizes: { large: { cpus: 4, memory: 4GiB } }`,
    'base.yaml',
  );
  const both = mergeImageMaps(base, over);
  assert.deepEqual(resolveLabel(both, 'mine', none).image, 'ubuntu-22.04');
  const told = messageOf(() => checkImageMap(both, none));
  assert.match(told, /^The image map base\.yaml with mine\.yaml is not valid/);
  assert.match(told, /base\.yaml, line 1, column 12: .*elsewhere/);
  assert.doesNotThrow(() => checkImageMap(both, new Set(['nowhere', 'elsewhere'])));
});

test('SC6 a circle of aliases is reported once, however long it is, and resolving finds it too', () => {
  const count = 10_000;
  const lines = Array.from({ length: count }, (_, index) => `  a${index}: a${(index + 1) % count}:x`);
  const round = readImageMap(`aliases:\n  lead: a7\n${lines.join('\n')}\nsizes: { x: { cpus: 1, memory: 1GiB } }`, 'images.yaml');
  const told = messageOf(() => checkImageMap(round, none));
  assert.match(told, /line 10, column 3: aliases\.a7: goes round in a circle: "a7" → "a8" → "a9" → … → "a7" \(10000 aliases\)$/);
  assert.match(
    messageOf(() => resolveLabel(round, 'lead', none)),
    /its alias goes round in a circle: "a7" → .* \(10000 aliases\)/,
  );
  const pair = readImageMap('aliases: { a: b, b: a, c: a }', 'images.yaml');
  assert.match(
    messageOf(() => checkImageMap(pair, none)),
    /aliases\.a: goes round in a circle: "a" → "b" → "a"$/,
  );
});

test('SC6 a chain of any length is followed', () => {
  const count = 20_000;
  const lines = Array.from({ length: count }, (_, index) => `  a${index}: ${index + 1 === count ? 'image' : `a${index + 1}`}`);
  const chain = readImageMap(`aliases:\n${lines.join('\n')}\nimages: { image: ${source} }`, 'images.yaml');
  checkImageMap(chain, none);
  assert.equal(resolveLabel(chain, 'a0', none).image, 'image');
  const ends = imagesOfAliases(chain);
  assert.ok(ends.size === count && [...ends.values()].every((image) => image === 'image'));
});

test('SC6 many references that lead nowhere are reported in good time', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `  alias-number-${index}: image-number-${index}`);
  const lost = readImageMap(`aliases:\n${lines.join('\n')}`, 'images.yaml');
  assert.match(
    messageOf(() => checkImageMap(lost, none)),
    /\(and 19999 more\)$/,
  );
});

const name = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'constructor');
const sizeName = fc.constantFrom('small', 'large', 'none');
const label = fc.oneof(
  name,
  fc.tuple(name, sizeName).map(([image, size]) => `${image}:${size}`),
);

function mapOf(entries: Partial<Record<'aliases' | 'images' | 'sizes', readonly (readonly [string, string])[]>>, file: string): ImageMap {
  const reference = (text: string) => ({ label: text, place: { file, line: 1, column: 1 } });
  const image = (of: string): ImageDefinition => ({
    name: of,
    sources: [`file:///${file}/${of}`],
    checksum: null,
    compression: 'none',
    format: null,
    traits: usualTraits,
  });
  return {
    defaultLabel: entries.aliases?.[0] === undefined ? null : reference(entries.aliases[0][1]),
    aliases: new Map(entries.aliases?.map(([from, to]) => [from, reference(to)])),
    sizes: new Map(entries.sizes?.map(([size]) => [size, { name: size, cpus: file.length, memory: 2 ** 30, disk: null }])),
    images: new Map(entries.images?.map(([of]) => [of, image(of)])),
  };
}

const entries = fc.record({
  aliases: fc.array(fc.tuple(name, label)),
  images: fc.array(fc.tuple(name, fc.constant(''))),
  sizes: fc.array(fc.tuple(sizeName, fc.constant(''))),
});
const anyMap = fc.tuple(entries, fc.constantFrom('a', 'bb', 'ccc')).map(([some, file]) => mapOf(some, file));
const anyKnown = fc.array(name).map((names) => new Set(names));

test('SC7 any label leads to an image that is there, or is refused with a code', () => {
  fc.assert(
    fc.property(anyMap, fc.option(fc.oneof(label, fc.string())), anyKnown, (some, text, images) => {
      try {
        const { image, size } = resolveLabel(some, text, images);
        assert.ok(some.images.has(image) || images.has(image));
        assert.ok(size === null || some.sizes.get(size.name) === size);
      } catch (thrown) {
        assert.ok(thrown instanceof CroftError && thrown.code === 'input.invalid', String(thrown));
      }
    }),
    { numRuns: 1000 },
  );
});

test('SC7 where the references of a map hold, each of its names resolves, and where they do not, one does not', () => {
  fc.assert(
    fc.property(anyMap, anyKnown, (some, images) => {
      const labels = [...some.aliases.keys(), ...(some.defaultLabel === null ? [] : [null])];
      const succeeds = (run: () => unknown): boolean => {
        try {
          run();
          return true;
        } catch {
          return false;
        }
      };
      const holds = succeeds(() => checkImageMap(some, images));
      const resolves = labels.every((one) => succeeds(() => resolveLabel(some, one, images)));
      if (holds) {
        assert.ok(resolves);
        const ends = [...some.aliases.keys()].map((alias) => [alias, resolveLabel(some, alias, images).image]);
        assert.deepEqual(imagesOfAliases(some), new Map(ends as [string, string][]));
      }
      // The size of an alias further on may be invalid where another size is used before it.
      const sizesAreThere = [...some.aliases.values()].every(
        ({ label: to }) => !to.includes(':') || some.sizes.has(to.split(':')[1] ?? ''),
      );
      if (resolves && sizesAreThere) assert.ok(holds);
    }),
    { numRuns: 1000 },
  );
});

test('SC6 merging is associative, keeps what only one has, and the later map wins', () => {
  fc.assert(
    fc.property(anyMap, anyMap, anyMap, (a, b, c) => {
      assert.deepEqual(mergeImageMaps(mergeImageMaps(a, b), c), mergeImageMaps(a, mergeImageMaps(b, c)));
      const both = mergeImageMaps(a, b);
      assert.deepEqual(mergeImageMaps(both, b), both);
      assert.deepEqual(mergeImageMaps(emptyImageMap, a), a);
      assert.deepEqual(mergeImageMaps(a, emptyImageMap), a);
      for (const [one, definition] of both.images) assert.equal(definition, b.images.get(one) ?? a.images.get(one));
      for (const [one, size] of both.sizes) assert.equal(size, b.sizes.get(one) ?? a.sizes.get(one));
      for (const [one, alias] of b.aliases) assert.equal(both.aliases.get(one), alias);
      for (const one of b.images.keys()) if (!b.aliases.has(one)) assert.equal(resolveLabel(both, one, none).image, one);
    }),
  );
});
