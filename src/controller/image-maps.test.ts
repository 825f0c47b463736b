import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CroftError } from '../model/error.ts';
import { createImageMaps, type ImageMaps } from './image-maps.ts';

const catalogue = 'aliases: { debian: debian-12, mine: debian-12 }\nimages: { debian-12: { source: "https://images.test/12.qcow2" } }\n';

async function stage(
  context: TestContext,
  own: string | null,
  required = false,
): Promise<{ maps: ImageMaps; file: string; told: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-maps-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'images.yaml');
  await writeFile(join(folder, 'catalogue.yaml'), catalogue);
  if (own !== null) await writeFile(file, own);
  const stored = async () => new Set(['mine']);
  const told: string[] = [];
  const broken = ({ message }: Error): void => void told.push(message);
  return { maps: createImageMaps({ catalogue: join(folder, 'catalogue.yaml'), own: { file, required }, stored, broken }), file, told };
}

test("SC6 the user's image map lies over the catalogue, and may name its images and those that are stored", async (context) => {
  const { maps } = await stage(context, 'default_label: best\naliases: { best: debian, own: mine }\n');
  const map = await maps.current();
  assert.deepEqual([...map.images.keys()], ['debian-12']);
  assert.deepEqual(
    [...map.aliases.keys()],
    ['debian', 'best', 'own'],
    'an image that is stored is not another name of one of the catalogue',
  );
  assert.equal(map.defaultLabel?.label, 'best');
});

test('SC6 the image map is read again once its file has changed', async (context) => {
  const { maps, file } = await stage(context, 'aliases: { a: debian }\n');
  assert.equal((await maps.current()).aliases.has('a'), true);
  await writeFile(file, 'aliases: { b: debian }\n');
  await utimes(file, 1, 1);
  assert.deepEqual([...(await maps.current()).aliases.keys()], ['debian', 'b']);
});

test('SC6 a wrong image map is refused with its file, line and column, and a named one must be there', async (context) => {
  const wrong = await stage(context, 'aliases:\n  best: debain\n');
  await assert.rejects(wrong.maps.current(), { code: 'input.invalid', message: /images\.yaml .*line 2, column 3.*did you mean debian/ });
  const missing = await stage(context, null, true);
  await assert.rejects(missing.maps.current(), { code: 'input.invalid', message: /cannot be read: ENOENT/ });
  const optional = await stage(context, null);
  assert.equal((await optional.maps.current()).images.size, 1);
});

test('SC6 an image map that is a device, a folder or huge is refused before it is read', async (context) => {
  for (const file of ['/dev/zero', tmpdir()]) {
    const strange = createImageMaps({ catalogue: file, own: { file: '/nonexistent', required: false }, stored: async () => new Set() });
    await assert.rejects(strange.current(), { code: 'input.invalid', message: /cannot be read: it is not a regular file/ });
  }
  const { maps, file } = await stage(context, '');
  await truncate(file, 1024 ** 4);
  await assert.rejects(maps.current(), { code: 'input.invalid', message: /it has more than 16777216 bytes/ });
});

test('SC6 all errors are reported at once, each with its file, and an invalid part is not reported as missing', async (context) => {
  const { maps, file } = await stage(
    context,
    `default_label: debain
aliases: { one: ten, two: ten:large, three: gone, lost: [] }
sizes: { large: { cpus: many } }
images:
  ten: { sorce: "https://images.test/10.qcow2", backend: kmv }
`,
  );
  const error = await maps.current().then(
    () => assert.fail('no error'),
    (thrown: CroftError) => thrown,
  );
  assert.deepEqual(new Set(error.issues.map((issue) => issue.file)), new Set([file]));
  assert.deepEqual(
    error.issues.map(({ line, path }) => `${line} ${path}`),
    [
      '1 default_label',
      '2 aliases.three',
      '2 aliases.lost',
      '3 sizes.large.cpus',
      '5 images.ten',
      '5 images.ten.sorce',
      '5 images.ten.backend',
    ],
  );
  assert.match(
    error.issues.map(({ message }) => message).join('\n'),
    /did you mean debian.*unknown key "sorce": did you mean source.*did you mean kvm/s,
  );
});

test('SC6 a map that becomes invalid while it is in force is reported once, and its last valid content stays in force', async (context) => {
  const { maps, file, told } = await stage(context, 'aliases: { a: debian }\n');
  await maps.inForce();
  for (const text of ['aliases: { a: debain }\n', 'aliases: [\n']) {
    await writeFile(file, text);
    for (const _ of [1, 2]) assert.equal((await maps.inForce()).aliases.get('a')?.label, 'debian');
    await assert.rejects(maps.current(), /images\.yaml/);
  }
  assert.deepEqual(told.length, 2, told.join('\n'));
  await writeFile(file, 'aliases: { b: debian }\n');
  assert.deepEqual([...(await maps.inForce()).aliases.keys()], ['debian', 'b']);
  assert.deepEqual([await maps.isOwnAlias('b'), await maps.isOwnAlias('debian')], [true, false]);
});

test('SC6 a controller starts with a map of which some names lead nowhere, tells it, and has the rest', async (context) => {
  const { maps, told } = await stage(context, 'aliases: { builder: removed, best: debian }\n');
  const map = await maps.inForce();
  assert.deepEqual([map.aliases.get('best')?.label, map.images.has('debian-12')], ['debian', true]);
  assert.match(told.join(), /aliases\.builder: unknown image or alias "removed"/);
  await assert.rejects(maps.current(), /builder/);
});

test('SC6 a map that is not UTF-8 is refused, not read with other letters', async (context) => {
  const { maps, file } = await stage(context, '');
  await writeFile(file, Buffer.from('images: { x: { source: "https://images.test/caf\xe9.qcow2" } }', 'latin1'));
  await assert.rejects(maps.current(), { code: 'input.syntax', message: /images\.yaml is not UTF-8 text/ });
});
