import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unreadable } from '../model/versioned.ts';
import { presentable } from './problems.ts';

test('CR15 a request is told of what in the database is damaged, and of other internal failures only where to look', () => {
  const logged: unknown[] = [];
  const request = { id: 'r1', log: { error: (entry: unknown) => logged.push(entry) } } as never;
  const damaged = new Unreadable('internal', 'the specification of VM db cannot be read: it is not what Croft writes');
  assert.equal(presentable(damaged, request), damaged);
  assert.equal(presentable(new Error('select secret'), request).message, 'the request r1 failed inside the controller');
  assert.equal(logged.length, 2);
});
