import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createImageMaps, type ImageMaps } from './image-maps.ts';

const catalogue = 'aliases: { debian: debian-12 }\nimages: { debian-12: { source: "https://images.test/12.qcow2" } }\n';

async function stage(context: TestContext, own: string | null, required = false): Promise<{ maps: ImageMaps; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-maps-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'images.yaml');
  await writeFile(join(folder, 'catalogue.yaml'), catalogue);
  if (own !== null) await writeFile(file, own);
  const stored = async () => new Set(['mine']);
  return { maps: createImageMaps({ catalogue: join(folder, 'catalogue.yaml'), own: { file, required }, stored }), file };
}

test("SC6 the user's image map lies over the catalogue, and may name its images and those that are stored", async (context) => {
  const { maps } = await stage(context, 'default_label: best\naliases: { best: debian, own: mine }\n');
  const map = await maps.current();
  assert.deepEqual([...map.images.keys()], ['debian-12']);
  assert.deepEqual([...map.aliases.keys()], ['debian', 'best', 'own']);
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
