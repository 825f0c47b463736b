import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { runFake } from '../../test/support/fake-environment.ts';
import { runningTask } from '../../test/support/task.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';
import type { CommandAnswer } from '../model/operations.ts';
import type { Task } from '../model/task.ts';
import { exitCodeOf } from './exit-codes.ts';

const task = runningTask({ kind: 'slice.remove' });
const events = { latest: async () => ({ sequence: 7 }) };

function failing(code: ErrorCode) {
  return { slices: { list: async () => Promise.reject(new CroftError(code, 'it broke')) } };
}

test('CR14 each kind of failure has its exit code, and says so on standard error only', async () => {
  const expected: [ErrorCode, number][] = [
    ['internal', 1],
    ['input.invalid', 2],
    ['not-found', 3],
    ['conflict.in-use', 4],
    ['unavailable', 5],
    ['command.timeout', 6],
    ['auth.required', 7],
  ];
  for (const [error, code] of expected) {
    assert.equal(exitCodeOf(error), code);
    assert.deepEqual(await runFake(['slice', 'ls'], { client: failing(error) }), { code, stdout: '', stderr: 'croft: it broke\n' });
  }
});

test('CR14 wrong usage ends with 2 and near names', async () => {
  assert.deepEqual(await runFake(['nod']), { code: 2, stdout: '', stderr: "croft: unknown command 'nod'\nhint: did you mean node?\n" });
  const option = await runFake(['slice', 'ls', '--outptu', 'json']);
  assert.equal(option.code, 2);
  assert.match(option.stderr, /unknown option '--outptu'\nhint: did you mean --output\?/);
  assert.equal((await runFake(['vm', 'show', 'web'])).code, 2);
  assert.equal((await runFake(['node'])).code, 2);
});

test('CR14 help about what there is not is wrong usage, with near names', async () => {
  const nowhere = await runFake(['help', 'nonsense']);
  assert.deepEqual(nowhere, {
    code: 2,
    stdout: '',
    stderr: "croft: unknown command or topic 'nonsense'\nhint: `croft --help` lists them\n",
  });
  const near: [string[], RegExp][] = [
    [['help', 'slic'], /'slic'\nhint: did you mean slice\?/],
    [['help', 'exit-cods'], /'exit-cods'\nhint: did you mean exit-codes\?/],
    [['help', 'slice', 'aply'], /unknown command 'aply' of slice\nhint: did you mean apply\?/],
    [['help', 'slice', 'nonsense'], /hint: `croft slice --help` lists them/],
    [['nod', '--help'], /unknown command 'nod'\nhint: did you mean node\?/],
    [['node', 'lst', '-h'], /'lst' of node\nhint: did you mean ls\?/],
  ];
  for (const [words, text] of near) {
    const { code, stdout, stderr } = await runFake(words);
    assert.deepEqual([code, stdout], [2, ''], words.join(' '));
    assert.match(stderr, text);
  }
  for (const words of [['help'], ['help', 'vm', 'show'], ['vm', 'show', 'hello/web', '--help'], ['node', 'exec', '-h']]) {
    assert.equal((await runFake(words)).code, 0, words.join(' '));
  }
});

test('CR14 the version tells which controller leads, where the one that answers stands by', async () => {
  const client = {
    version: async () => Promise.reject(new CroftError('controller.standby', 'this controller stands by: another leads')),
    role: async () => ({
      ...{ status: 'ok' as const, role: 'standby' as const },
      leader: { url: 'http://127.0.0.1:7420', host: 'alpha', pid: 42, since: 0 },
    }),
  };
  const { code, stdout } = await runFake(['version'], { client, width: 200 });
  assert.equal(code, 0);
  assert.match(stdout, /^controller +stands by while the controller at http:\/\/127\.0\.0\.1:7420 \(process 42 on alpha\) leads$/m);
});

test('CR14 help, topics and the version end with 0, and every command has an example', async () => {
  const { nouns } = await import('./nouns.ts');
  for (const { name } of nouns) {
    const { code, stdout } = await runFake([name, '--help']);
    assert.equal(code, 0, name);
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) \[options\]|^ {2}([a-z-]+) </gm)].map(([, plain, other]) => plain ?? other ?? '');
    if (!stdout.includes('\nCommands:')) assert.match(stdout, /\nExamples:\n {2}\S/, name);
    else for (const verb of verbs) assert.match((await runFake(['help', name, verb])).stdout, /\nExamples:\n {2}\S/, `${name} ${verb}`);
  }
  assert.match((await runFake(['help', 'exit-codes'])).stdout, /6 {2}timed out/);
  assert.match((await runFake(['help', 'environment'])).stdout, /CROFT_TOKEN/);
  assert.deepEqual(await runFake(['--version']), { code: 0, stdout: 'croft 1.2.3\n', stderr: '' });
});

test('CR14 a closed output ends a command without a message', async () => {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })) });
  assert.deepEqual(await runFake(['slice', 'ls'], { client: { slices: { list: async () => [] } }, stdout }), {
    code: 0,
    stdout: '',
    stderr: '',
  });
});

test('CR14 an empty list says what to do next, and is an empty list for programs', async () => {
  const client = { slices: { list: async () => [] } };
  assert.match((await runFake(['slice', 'ls'], { client })).stdout, /croft slice apply/);
  assert.equal((await runFake(['slice', 'ls', '-o', 'json'], { client })).stdout, '[]\n');
  assert.equal((await runFake(['slice', 'ls', '-o', 'yaml'], { client })).stdout, '[]\n');
});

test('CR4 node set changes what is said, and says what is missing where nothing is', async () => {
  const asked: unknown[] = [];
  const client = {
    nodes: {
      edit: async (...given: unknown[]) => {
        asked.push(given);
        return {} as never;
      },
    },
  };
  const set = ['node', 'set', 'n1', '-o', 'json'];
  await runFake([...set, '--pool', 'fast', '--label', 'disk=ssd', '--label', 'row=b=c', '--unlabel', 'rack', '--unlabel', 'old'], {
    client,
  });
  assert.deepEqual(asked, [['n1', { pool: 'fast', labels: { disk: 'ssd', row: 'b=c', rack: null, old: null } }]]);
  await runFake([...set, '--overcommit-memory', '1.5', '--overcommit-disk', '2'], { client });
  assert.deepEqual(asked[1], ['n1', { labels: {}, overcommit: { memory: 1.5, disk: 2 } }]);
  assert.match((await runFake(set, { client })).stderr, /add --pool, --label, --unlabel or --overcommit/);
  assert.equal((await runFake([...set, '--label', 'disk'], { client })).code, 2);
});

test('CR9 on a terminal rm asks, and no is no', async () => {
  let removed = 0;
  const remove = async (): Promise<Task> => {
    removed += 1;
    return task;
  };
  const client = { events, slices: { remove } };
  assert.equal((await runFake(['slice', 'rm', 'hello'], { client, isTerminal: true, input: 'n\n' })).code, 4);
  assert.equal(removed, 0);
  assert.equal((await runFake(['slice', 'rm', 'hello'], { client, isTerminal: true, input: 'y\n' })).code, 0);
  assert.equal(removed, 1);
});

test('CR8 node exec passes program, arguments, output and exit code on', async () => {
  const asked: unknown[] = [];
  const exec = async (...given: unknown[]): Promise<CommandAnswer> => {
    asked.push(given);
    return { code: 42, stdout: 'out', stderr: 'err' };
  };
  const client = { nodes: { exec } };
  assert.deepEqual(await runFake(['node', 'exec', 'n1', '--', 'ls', '-l', 'a b'], { client }), { code: 42, stdout: 'out', stderr: 'err' });
  await runFake(['node', 'exec', 'n1', '--script', '-', '--', '--all'], { client, input: 'echo' });
  assert.deepEqual(asked, [
    ['n1', { argv: ['ls', '-l', 'a b'], timeout: 30_000 }],
    ['n1', { script: 'echo', args: ['--all'], timeout: 30_000 }],
  ]);
  assert.equal((await runFake(['node', 'exec', 'n1'], { client })).code, 2);
});

test('CR1 a host key is pinned only after it was given, accepted by flag, or confirmed', async () => {
  const added: unknown[] = [];
  const client = {
    nodes: {
      hostKey: async () => ({ fingerprint: 'SHA256:shown' }),
      add: async (config: unknown) => {
        added.push(config);
        return { name: 'n1', status: 'new', reason: null } as never;
      },
    },
  };
  const add = ['node', 'add', 'n1', '--ssh', 'root@192.0.2.1:2222'];
  const refused = await runFake(add, { client });
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /SHA256:shown[\s\S]*--accept-host-key/);
  assert.equal((await runFake(add, { client, isTerminal: true, input: 'no\n' })).code, 4);
  assert.deepEqual(added, []);
  await runFake([...add, '--accept-host-key'], { client });
  await runFake([...add, '--host-key', 'SHA256:given', '--roles', 'compute', '--overcommit-cpus', '2'], { client });
  const ssh = { address: '192.0.2.1', user: 'root', port: 2222 };
  assert.deepEqual(added, [
    { name: 'n1', ssh: { ...ssh, hostKey: 'SHA256:shown' } },
    { name: 'n1', ssh: { ...ssh, hostKey: 'SHA256:given' }, roles: ['compute'], overcommit: { cpus: 2 } },
  ]);
});

test('SC11 a node is added with the hypervisor that it has', async () => {
  const added: unknown[] = [];
  const add = async (config: unknown) => {
    added.push(config);
    return { name: 'l', status: 'new', reason: null } as never;
  };
  const local = ['node', 'add', 'l', '--local'];
  await runFake([...local, '--hypervisor', 'libvirt', '--libvirt-network', 'lab'], { client: { nodes: { add } } });
  assert.deepEqual(added, [{ name: 'l', hypervisor: 'libvirt', libvirt: { network: 'lab' } }]);
  assert.match((await runFake([...local, '--hypervisor', 'xen'])).stderr, /Allowed choices are qemu, libvirt, zones/);
  assert.match((await runFake([...local, '--libvirt-uri', 'qemu:///session'])).stderr, /hint: add --hypervisor libvirt/);
  for (const beside of [['--hypervisor', 'libvirt'], ['--pool', 'fast'], ['--no-sudo'], ['--ssh', 'root@192.0.2.1']]) {
    const { code, stderr } = await runFake(['node', 'add', '-f', '-', ...beside], { client: { nodes: { add } }, input: '- name: m\n' });
    assert.equal(code, 2);
    assert.match(stderr, /'-f, --file <file>' cannot be used with option '--/);
  }
  assert.equal(added.length, 1);
});

test('CR14 completion offers commands, options, choices and names, and says nothing where the controller is away', async () => {
  const client = { vms: { list: async () => [{ slice: 'hello', name: 'web' } as never] } };
  const complete = async (...words: string[]) => (await runFake(['__complete', ...words], { client })).stdout.split('\n').filter(Boolean);
  assert.deepEqual(await complete('no'), ['node']);
  assert.deepEqual(await complete('slice', 'st'), ['start', 'stop']);
  assert.deepEqual(await complete('vm', 'ls', '--sl'), ['--slice']);
  assert.deepEqual(await complete('vm', 'ls', '-o', 'j'), ['json']);
  assert.deepEqual(await complete('vm', 'show', ''), ['hello/web']);
  assert.deepEqual(await complete('completion', 'z'), ['zsh']);
  assert.deepEqual(await complete('slice', 'show', ''), []);
  assert.deepEqual(await complete('nonsense', ''), []);
  for (const shell of ['bash', 'zsh', 'fish']) assert.match((await runFake(['completion', shell])).stdout, /__complete/);
});

test('CR15 down leaves the VMs, and purge is asked for on a terminal', async () => {
  let purged = 0;
  const purge = async (): Promise<void> => {
    purged += 1;
  };
  const local = { down: async () => ({ simulated: false }), purge };
  assert.match((await runFake(['down'], { local })).stdout, /VMs go on/);
  assert.equal((await runFake(['down', '--purge'], { local, isTerminal: true, input: '\n' })).code, 4);
  assert.equal(purged, 0);
  assert.equal((await runFake(['down', '--purge', '--yes'], { local })).code, 0);
  assert.equal(purged, 1);
});
