import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupCommit } from './group-commit.ts';

test('SC11 items added during a commit are committed together after it, in order', async () => {
  const groups: number[][] = [];
  const first = Promise.withResolvers<void>();
  const commits = new GroupCommit<number>(async (items) => {
    groups.push([...items]);
    if (groups.length === 1) await first.promise;
  });
  const began = [commits.add([1]), commits.add([2])];
  await Promise.resolve();
  await Promise.resolve();
  const later = [commits.add([3, 4]), commits.add([5])];
  first.resolve();
  await Promise.all([...began, ...later]);
  await commits.add([6]);
  assert.deepEqual(groups, [[1, 2], [3, 4, 5], [6]]);
});

test('SC11 a failed commit is reported to all callers whose items it contained, and to no others', async () => {
  const commits = new GroupCommit<number>(async (items) => {
    if (items.includes(2)) throw new Error('the disk is full');
  });
  const outcomes = await Promise.allSettled([commits.add([1]), commits.add([2])]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await commits.add([3]);
});
