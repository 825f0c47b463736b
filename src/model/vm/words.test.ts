import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError } from '../error.ts';
import { byLabel } from './words.ts';

const id = 'aaaaaaaaaaaaaaaa';

test('CR14 what a driver says of a VM names it as its users do; paths stay', async () => {
  const thrown = new CroftError('disk.full', `VM ${id} on n1: /v/${id}/disk is full`, { node: 'n1', hint: 'free space' });
  const words = { code: 'disk.full', message: `VM s/a on n1: /v/${id}/disk is full`, node: 'n1', hint: 'free space', cause: thrown };
  await assert.rejects(
    byLabel(id, 's/a', () => Promise.reject(thrown)),
    words,
  );
  assert.equal(await byLabel(id, 's/a', async () => 1), 1);
});

test('CR14 what speaks of no VM is passed on as it is', async () => {
  for (const thrown of [new CroftError('node.auth', 'n1 refused the login'), new Error(`VM ${id}`)]) {
    await assert.rejects(
      byLabel(id, 's/a', () => Promise.reject(thrown)),
      (error) => error === thrown,
    );
  }
});
