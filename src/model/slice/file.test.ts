import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { sliceFileSchema } from './file.ts';

test('CR9 the page about slice files has every key that one may have', async () => {
  const page = await readFile(new URL('../../../docs/slice-file.md', import.meta.url), 'utf8');
  const missing = [...keysOf(z.toJSONSchema(sliceFileSchema, { io: 'input' }))].filter((key) => !new RegExp(`\\b${key}\\b`).test(page));
  assert.deepEqual(missing, []);
});

function keysOf(schema: unknown): Set<string> {
  if (typeof schema !== 'object' || schema === null) return new Set();
  const own = 'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : [];
  return new Set([...own, ...Object.values(schema).flatMap((part) => [...keysOf(part)])]);
}
