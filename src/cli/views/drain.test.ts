import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrainAnswer } from '../../model/operations.ts';
import { drainText } from './drain.ts';

const answer = (state: DrainAnswer['task']['state'], vms: DrainAnswer['vms']): DrainAnswer => ({
  node: { name: 'n1' } as DrainAnswer['node'],
  task: {
    ...{ id: 't', owner: 'admin', kind: 'node.drain', subject: 'n1', vm: null, generation: 0, state },
    message: null,
    createdAt: 0,
    endedAt: null,
  },
  vms,
});
const web = { vm: 'shop/web', movingTo: 'n2', stayReason: null };
const once = { vm: 'shop/once', movingTo: null, stayReason: 'runs with restart: never; stop it to let it move' };

test('CR1 a drain that begins says what moves where, what stays and why, and how to wait or call it off', () => {
  assert.equal(
    drainText(answer('running', [web, once])),
    `node n1 gets nothing new; 1 VM leaves it, 1 VM stays
  shop/web moves to n2
  shop/once stays: runs with restart: never; stop it to let it move
\`croft task wait t\` waits until nothing moves any more; \`croft node resume n1\` calls it off`,
  );
});

test('CR1 a drain that is over says what left and what is to be done now', () => {
  assert.equal(
    drainText(answer('done', [web])),
    `node n1 gets nothing new; 1 VM left it, none stays
  shop/web moved to n2
\`croft node rm n1\` removes the node; \`croft node resume n1\` puts it to use again`,
  );
  assert.match(drainText(answer('done', [once])), /What stays leaves by itself once its reason is gone/);
  assert.match(drainText(answer('done', [])), /^node n1 gets nothing new, and no VM is on it\n/);
});
