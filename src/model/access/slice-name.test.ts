import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { administrator, memberNameSchema, type Principal } from './principal.ts';
import { sliceAddressSchema, sliceMeantBy, writtenBy } from './slice-name.ts';

const ann: Principal = { kind: 'member', name: 'ann' };

test('CR13 a slice is written by its name by its owner, and with its owner by others', () => {
  assert.deepEqual(sliceMeantBy(ann, sliceAddressSchema.parse('web')), { owner: 'ann', name: 'web' });
  assert.deepEqual(sliceMeantBy(administrator, sliceAddressSchema.parse('ann:web')), { owner: 'ann', name: 'web' });
  assert.equal(writtenBy(ann, { owner: 'ann', name: 'web' }), 'web');
  assert.equal(writtenBy(administrator, { owner: 'ann', name: 'web' }), 'ann:web');
});

test('CR13 what is written is read as the same slice, whoever asks', () => {
  const names = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(names, names, names, (asker, owner, name) => {
      const principal: Principal = { kind: 'member', name: asker };
      assert.deepEqual(sliceMeantBy(principal, sliceAddressSchema.parse(writtenBy(principal, { owner, name }))), { owner, name });
    }),
  );
});

test('CR13 what is no name of an owner or of a slice is refused with the rule of names', () => {
  for (const text of ['', ':', 'ann:', ':web', 'a:b:c', 'Ann:web', 'ann:we b', 'ann/web', `${'n'.repeat(64)}:web`]) {
    const { success, error } = sliceAddressSchema.safeParse(text);
    assert.equal(success, false, text);
    assert.match(error?.issues[0]?.message ?? '', /a name starts with a letter/);
  }
});

test('CR13 no member has the name of another kind of principal', () => {
  for (const name of ['admin', 'system', 'anonymous']) assert.equal(memberNameSchema.safeParse(name).success, false);
  assert.equal(memberNameSchema.parse('ann'), 'ann');
});
