import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administrator, type Principal } from '../access/principal.ts';
import { roomByRemoval, withoutVmsOfOthers } from './removal-words.ts';

const [ann, bob] = ['ann', 'bob'].map((name): Principal => ({ kind: 'member', name })) as [Principal, Principal];
const reason = (slice: string): string =>
  `needs 4 CPUs; n1: 0 CPUs free; would fit on n2 after \`croft node resume n2\`, or ${roomByRemoval('n1', { slice, name: 'db-1' }, '4 CPUs and 2.5 GiB of memory')}`;

test('CR13 a reason names the VM that is in the way to its owner and to the administrator only', () => {
  for (const slice of ['hello', 'ann:hello']) {
    assert.equal(withoutVmsOfOthers(reason(slice), administrator), reason(slice));
    const hidden = reason(slice).replace(`${slice}/db-1`, 'a VM of another owner');
    assert.equal(withoutVmsOfOthers(reason(slice), bob), hidden);
    assert.doesNotMatch(hidden, /hello|db-1|ann/);
  }
  assert.equal(withoutVmsOfOthers(reason('ann:hello'), ann), reason('hello'), 'its owner reads it without the owner, as everywhere');
  assert.equal(withoutVmsOfOthers(`a: ${reason('x')}; b: ${reason('ann:y')}`, ann).match(/a VM of another owner/g)?.length, 1);
  for (const other of ['image micro was not fetched yet: https://images.test/a if b (c) fails', 'pending: n1/n2 (old) were removed']) {
    assert.equal(withoutVmsOfOthers(other, bob), other);
  }
});
