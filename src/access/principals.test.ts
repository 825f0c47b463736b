import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administrator } from '../model/access/principal.ts';
import { administratorOnly } from './principals.ts';

test('CR13 only the token itself is the administrator', async () => {
  const { byToken } = administratorOnly('secret');
  assert.equal(await byToken('secret'), administrator);
  for (const other of ['', 'secre', 'secrets', 'Secret', ' secret']) assert.equal(await byToken(other), null, other);
});
