import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLayout } from '../../../../test/support/node.ts';
import { parseObserved } from './observe.ts';

const layout = nodeLayout({ controllerId: 'abcdefgh' });
const id = 'abcdefghijklmnop';
const record = JSON.stringify({ hash: 'h1', label: 's/a' });

/** `fields`: whether its end was wanted, bhyve's exit code, the mark of its start, its record. */
function see(zone: string | null, ...fields: string[]) {
  const lines = [
    'zone\t0:global:running:/::ipkg:shared',
    'zone\t9:croft-zzzzzzzzzzzzzzzz:running:/elsewhere/zzzzzzzzzzzzzzzz::bhyve:excl',
    'boot\t77',
  ];
  if (zone !== null) lines.push(`zone\t-:croft-${id}:${zone}:/s/zones/${id}::bhyve:excl`);
  if (fields.length > 0) lines.push(['vm', id, ...fields].join('\t'));
  return parseObserved(layout, { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
}

const brief = (...given: Parameters<typeof see>) =>
  see(...given).map(({ state, exitCode, launchHash }) => [state, exitCode, launchHash])[0];

test('SC11 a VM is seen by its zone: being made, stopped, running from the launch that it was started from', () => {
  assert.deepEqual(see(null), []);
  assert.deepEqual(brief(null, 'no', '', '', ''), ['preparing', null, null]);
  assert.deepEqual(brief('incomplete', 'no', '', '', record), ['preparing', null, null]);
  assert.deepEqual(brief('installed', 'no', '', '', ''), ['preparing', null, null]);
  assert.deepEqual(brief('installed', 'no', '', '', record), ['stopped', null, 'h1']);
  assert.deepEqual(see('running', 'no', '', '1700 h0 77', record), [
    { id, state: 'running', pid: null, startedAt: 1_700_000, memory: null, launchHash: 'h0', exitCode: null },
  ]);
  for (const state of ['ready', 'shutting_down', 'down']) assert.equal(brief(state, 'yes', '', '1700 h1 77', record)?.[0], 'running');
});

test('SC11 a zone without a record in its folder, or without a folder, is being made, so that it can be removed', () => {
  assert.deepEqual(brief('installed'), ['preparing', null, null]);
  assert.deepEqual(brief('running'), ['running', null, null]);
});

test('SC11 how a VM ended by itself is read from bhyve’s log where it says so, and a VM is lost with its node where that rebooted', () => {
  const mark = '1700 h1 77';
  assert.deepEqual(brief('installed', 'yes', '1', mark, record), ['stopped', null, 'h1']);
  assert.deepEqual(brief('installed', 'no', '1', mark, record), ['stopped', 0, 'h1']);
  assert.deepEqual(brief('installed', 'no', '', mark, record), ['stopped', 0, 'h1']);
  assert.deepEqual(brief('installed', 'no', '3', mark, record), ['failed', 3, 'h1']);
  assert.deepEqual(brief('installed', 'no', '-9', mark, record), ['failed', 137, 'h1']);
  assert.deepEqual(brief('installed', 'no', '', '1700 h1 66', record), ['failed', null, 'h1']);
  assert.deepEqual(brief('installed', 'no', '1', '1700 h1 66', record), ['stopped', 0, 'h1']);
  assert.deepEqual(brief('installed', 'no', '3', '1700 h0 77', record), ['stopped', null, 'h1']);
});

test('SC11 a list that could not be made is an error, never an empty node', () => {
  assert.throws(() => parseObserved(layout, { code: 1, stdout: '', stderr: 'zoneadm: failed to get zone list' }), {
    code: 'command.failed',
  });
});
