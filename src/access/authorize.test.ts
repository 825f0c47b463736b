import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, actions } from '../model/access/action.ts';
import { administrator, anonymous, type Principal, system } from '../model/access/principal.ts';
import { authorize, listedOwner } from './authorize.ts';

const ann: Principal = { kind: 'member', name: 'ann' };

test('CR13 the administrator and the controller itself may do everything with whatever belongs to anybody', () => {
  for (const principal of [administrator, system]) {
    for (const action of actions) {
      for (const owner of [null, 'ann', 'admin']) assert.equal(authorize(principal, action, owner), 'allowed', action);
      assert.equal(listedOwner(principal, action), null);
    }
  }
});

test('CR13 a member works with its own slices, and those of others are hidden from it', () => {
  const own = actions.filter((action) => authorize(ann, action, 'ann') === 'allowed' && authorize(ann, action, null) !== 'allowed');
  assert.deepEqual(own, ['slice.read', 'slice.change', 'slice.enter', 'task.read', 'event.read']);
  for (const action of own) {
    assert.equal(authorize(ann, action, 'bob'), 'hidden', action);
    assert.equal(authorize(ann, action, null), 'forbidden', action);
    assert.equal(listedOwner(ann, action), 'ann');
  }
});

test('CR13 a member may read what slices are made of, and administer nothing that all share', () => {
  const shared = actions.filter((action) => authorize(ann, action, null) === 'allowed');
  assert.deepEqual(shared, ['controller.read', 'flavor.read', 'image.read']);
  const refused: Action[] = ['controller.observe', 'controller.administer', 'node.read', 'node.administer', 'image.administer'];
  for (const action of refused) assert.equal(authorize(ann, action, null), 'forbidden', action);
});

test('CR13 a request without a token may do nothing that names a subject', () => {
  for (const action of actions) assert.notEqual(authorize(anonymous, action, null), 'allowed', action);
});
