import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { administrator, memberNameSchema, type Principal } from './principal.ts';
import { fullSliceName, partsOfSliceName, sliceAddressSchema, sliceMeantBy, sliceWrittenBy } from './slice-name.ts';

const ann: Principal = { kind: 'member', name: 'ann' };

test('CR13 a slice is written by its name by its owner, and with its owner by others', () => {
  assert.equal(sliceMeantBy(ann, sliceAddressSchema.parse('web')), 'ann:web');
  assert.equal(sliceMeantBy(administrator, sliceAddressSchema.parse('ann:web')), 'ann:web');
  assert.equal(sliceWrittenBy(ann, 'ann:web'), 'web');
  assert.equal(sliceWrittenBy(administrator, 'ann:web'), 'ann:web');
});

test('CR13 the slices of the administrator have their names alone, as they had before there were owners', () => {
  assert.equal(fullSliceName('admin', 'web'), 'web');
  assert.deepEqual(partsOfSliceName('web'), { owner: 'admin', name: 'web' });
  for (const text of ['web', 'admin:web']) assert.equal(sliceMeantBy(administrator, sliceAddressSchema.parse(text)), 'web');
  assert.equal(sliceWrittenBy(administrator, 'web'), 'web');
  assert.equal(sliceWrittenBy(ann, 'web'), 'admin:web');
});

test('CR13 a written name is read as the same slice for every principal', () => {
  const names = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(names, names, names, (asker, owner, name) => {
      const principal: Principal = { kind: 'member', name: asker };
      const fullName = fullSliceName(owner, name);
      assert.deepEqual(partsOfSliceName(fullName), { owner, name });
      assert.equal(sliceMeantBy(principal, sliceAddressSchema.parse(sliceWrittenBy(principal, fullName))), fullName);
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
