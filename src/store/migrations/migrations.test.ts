import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import type { SchemaWords } from '../database/database.ts';
import { initial } from './0001-initial.ts';
import { migrations } from './migrations.ts';

const words: SchemaWords = { text: 'TEXT', integer: 'INTEGER', sequence: 'SEQUENCE', tableSuffix: 'SUFFIX' };

test('CR15 each file of a migration bears its number, and all are run', () => {
  const files = globSync('[0-9]*.ts', { cwd: import.meta.dirname }).sort();
  assert.deepEqual(
    files.map((file) => Number(file.slice(0, 4))),
    migrations.map((_, index) => index + 1),
  );
});

test('CR15 the first schema is, to the letter, the one that databases were made with', () => {
  const text = initial(words).join('\n');
  assert.equal(createHash('sha256').update(text).digest('hex'), 'eac6d8d19b439b2503b2417b7c810bb15918cc33c06b5abde488fc29a784b5b3');
});
