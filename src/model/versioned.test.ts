import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { versionedForm } from './versioned.ts';

const schema = z.object({ name: z.string(), size: z.int().nullable().default(null) });
const form = versionedForm({ what: 'the plan', schema });

test('CR15 what is kept is read by its schema, with the defaults of what was not there yet', () => {
  assert.deepEqual(form.read(form.write({ name: 'a', size: 3 }), 'x'), { name: 'a', size: 3 });
  assert.deepEqual(form.read('{"version":1,"value":{"name":"a","more":true}}', 'x'), { name: 'a', size: null });
  assert.deepEqual(versionedForm({ what: 'the plan', schema, version: 2 }).read('{"version":1,"value":{"name":"a"}}', 'x').size, null);
});

test('CR15 what has no version is read only where there was a time without', () => {
  const bare = versionedForm({ what: 'the plan', schema, bare: true });
  assert.deepEqual(bare.read('{"name":"a"}', 'x'), { name: 'a', size: null });
  assert.throws(() => form.read('{"name":"a"}', 'x'), { code: 'internal' });
});

test('CR15 what a newer version wrote, and what is damaged, is an error that names it', () => {
  assert.throws(() => form.read('{"version":2,"value":{}}', 'slice a'), {
    code: 'conflict.changed',
    message: 'the plan of slice a has version 2, this Croft reads versions up to 1',
  });
  for (const [text, reason] of [
    ['{', /the plan of slice a cannot be read: it is not what Croft writes/],
    ['null', /cannot be read/],
    ['{"version":1,"value":{"name":4}}', /cannot be read: name: /],
  ] as const) {
    assert.throws(() => form.read(text, 'slice a'), { code: 'internal', message: reason }, text);
  }
});
