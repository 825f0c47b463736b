import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { perform, run } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';
import { FakeHost } from './fake-host.ts';

test('CR8 the fake host records commands, answers them and fails on demand', async () => {
  const host = new FakeHost({ answer: ({ argv, stdin }) => (argv[0] === 'cat' ? { stdout: String(stdin) } : { code: 1, stderr: 'no' }) });
  assert.deepEqual(await run(host, { argv: ['false'] }), { code: 1, stdout: '', stderr: 'no' });
  const program = await host.spawn({ argv: ['cat'] });
  program.stdin.end('input');
  assert.equal(await text(program.stdout), 'input');
  assert.equal(await program.exited, 0);
  assert.deepEqual(
    host.commands.map((command) => command.argv[0]),
    ['false', 'cat'],
  );
  host.failure = new CroftError('node.unreachable', 'gone');
  await assert.rejects(run(host, { argv: ['true'] }), host.failure);
  await assert.rejects(host.connect('/socket'), host.failure);
});

test('CR14 what the reading of an answer throws names the node, unless it names one already', async () => {
  const host = new FakeHost({ name: 'n1' });
  const call = (error: CroftError) => ({
    command: { argv: ['true'] as const },
    parse: () => {
      throw error;
    },
  });
  await assert.rejects(perform(host, call(new CroftError('command.failed', 'no', { hint: 'look' }))), {
    node: 'n1',
    message: 'no',
    hint: 'look',
  });
  await assert.rejects(perform(host, call(new CroftError('command.failed', 'no', { node: 'n2' }))), { node: 'n2' });
});
