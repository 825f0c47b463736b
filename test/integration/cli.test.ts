/** The command line against the real API with the real SQLite store, over loopback. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '../../src/client/client.ts';
import { listen } from '../api/listen.ts';
import { setStage, token } from '../api/stand-ins.ts';
import { type Outcome, runFake } from '../support/fake-environment.ts';
import { until } from '../support/until.ts';

const file = 'slice: hello\nnetworks: { lan: {} }\nvms: { web: { image: micro, nics: [lan] } }\n';

test('CR14 the command line drives the real API: plan, apply, lists, errors, exec, backup', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  const croft = (words: string, input?: string): Promise<Outcome> =>
    runFake(words.split(' '), { client, width: 200, ...(input !== undefined && { input }) });

  assert.match((await croft('slice plan -f -', file)).stdout, /^slice hello: 2 changes\n {2}\+ network lan/);
  const applied = await croft('slice apply -f - -o json', file);
  assert.equal(applied.code, 0);
  assert.equal(JSON.parse(applied.stdout).task.kind, 'slice.apply');
  assert.match((await croft('slice apply -f -', file)).stdout, /^slice hello is as the file says$/m);
  assert.match((await croft('vm ls')).stdout, /^hello\/web +pending/m);
  assert.equal(JSON.parse((await croft('slice show hello -o json')).stdout).vms[0].name, 'web');
  assert.deepEqual(
    (await croft('slice plan -f -', (await croft('slice export hello')).stdout)).stdout,
    'slice hello is as the file says\n',
  );

  const wrong = await croft('slice apply -f -', 'slice: x\nvms: { a: { image: micr } }\n');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^ {2}standard input:2:\d+: vms\.a\.image: unknown image or alias "micr": did you mean micro\?$/m);
  assert.equal((await croft('slice show nothing')).code, 3);
  assert.equal((await croft('image rm micro')).code, 4);

  assert.equal((await croft('node add n1 --ssh root@192.0.2.1 --accept-host-key')).code, 0);
  assert.match((await croft('node ls')).stdout, /^n1 +new/m);
  assert.equal((await croft('node exec n1 -- true')).code, 3);
  assert.equal((await croft('doctor')).code, 1);
  assert.match((await croft('events --limit 5')).stdout, /node\.exec {7}n1/);
  assert.equal((await croft('vm console hello/web --log 3')).stdout, 'web\n');
  assert.equal((await croft('vm console hello/web --for 0.1', 'typed\n')).stdout, 'typed\n');
});

test('CR15 a backup goes to a file and comes back into an empty controller', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-cli-'));
  try {
    await using stage = await setStage();
    const client = createClient({ url: await listen(stage), token });
    const backup = join(folder, 'croft.backup');
    await runFake(['slice', 'apply', '-f', '-'], { client, input: file });
    assert.equal((await runFake(['backup', '-o', backup], { client })).code, 0);
    await using other = await setStage();
    const restored = createClient({ url: await listen(other), token });
    assert.equal((await runFake(['restore', backup], { client: restored })).code, 0);
    assert.match((await runFake(['slice', 'ls'], { client: restored })).stdout, /^hello /m);
    assert.equal((await runFake(['restore', backup], { client: restored })).code, 4);
    assert.equal((await runFake(['restore', join(folder, 'none')], { client })).code, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('CR1 a file of nodes is added in turn, and a wrong place in it is named by line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-cli-'));
  try {
    await using stage = await setStage();
    const client = createClient({ url: await listen(stage), token });
    const nodes = join(folder, 'nodes.yaml');
    await writeFile(nodes, '- name: n1\n  ssh: { address: 192.0.2.1 }\n- name: n2\n  ssh: { address: 192.0.2.2 }\n  roles: [comput]\n');
    const wrong = await runFake(['node', 'add', '-f', nodes, '--accept-host-key'], { client });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /nodes\.yaml:5:\d+: roles/);
    await writeFile(nodes, '- name: n1\n  ssh: { address: 192.0.2.1 }\n- name: n2\n  ssh: { address: 192.0.2.2 }\n');
    const added = await runFake(['node', 'add', '-f', nodes, '--accept-host-key'], { client });
    assert.equal(added.code, 0);
    assert.match(added.stdout, /^added node n2/m);
    assert.match(added.stderr, /n1 exists already/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('CR1 a drain tells on the command line what stays and why, and waits until nothing moves any more', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  const croft = (words: string): Promise<Outcome> => runFake(words.split(' '), { client, width: 200 });
  await croft('node add n1 --ssh root@192.0.2.1 --accept-host-key');
  const begun = await croft('node drain n1');
  assert.equal(begun.code, 0);
  assert.match(begun.stdout, /^node n1 gets nothing new; 0 VMs leave it, 1 VM stays$/m);
  assert.match(begun.stdout, /^ {2}shop\/web stays: no node has room$/m);
  assert.equal(JSON.parse((await croft('node drain n1 -o json')).stdout).task.kind, 'node.drain');

  const waiting = croft('node drain n1 --wait');
  const task = await until('the third drain has begun', async () => {
    const tasks = await stage.store.tasks.list(10);
    return tasks.length === 3 ? tasks.find(({ state }) => state === 'running') : undefined;
  });
  await stage.store.tasks.end(task.id, 'done', 'nothing is left on it');
  stage.announce();
  const over = await waiting;
  assert.equal(over.code, 0);
  assert.match(over.stdout, /^node n1 gets nothing new, and no VM is on it\n`croft node rm n1` removes the node/);
  assert.match((await croft('node resume n1')).stdout, /may get VMs again/);
});

test('SC11 snapshots, resets and what a guest says are asked for on the command line', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  const croft = (words: string): Promise<Outcome> => runFake(words.split(' '), { client, width: 80 });
  await runFake(['slice', 'apply', '-f', '-'], { client, input: file });
  assert.match((await croft('vm snapshots hello/web')).stdout, /^No snapshots/);
  assert.equal((await croft('vm snapshot hello/web first')).stdout, 'made snapshot first of hello/web\n');
  assert.equal((await croft('vm snapshot hello/web first')).code, 4);
  assert.equal((await croft('vm snapshot hello/web Not-A-Name')).code, 2);
  assert.match((await croft('vm snapshots hello/web')).stdout, /^first +disks /m);
  assert.match((await croft('vm revert hello/web first')).stdout, /is again as in snapshot first/);
  assert.equal((await croft('vm revert hello/web second')).code, 3);
  assert.equal((await croft('vm snapshot-rm hello/web first')).code, 0);
  assert.equal((await croft('vm reboot hello/web --hard')).stdout, 'hello/web was reset\n');
  assert.equal((await croft('vm reboot hello/web')).code, 4);
  assert.match((await croft('vm guest hello/web')).stdout, /^No agent answers/);
  assert.equal((await croft('vm pause hello/web')).code, 4, 'it does not run');
});

test('SC11 the screen of a VM is offered to a viewer on this machine, byte for byte', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await runFake(['slice', 'apply', '-f', '-'], { client, input: file });
  const said = new PassThrough();
  let interrupt = (): void => assert.fail('nobody listens for Ctrl-C');
  const offered = runFake(['vm', 'vnc', 'hello/web', '--port', '0'], {
    client,
    stderr: said,
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => undefined;
    },
  });
  const [line] = (await once(said, 'data')) as [Buffer];
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1]);
  const viewer = connect(port, '127.0.0.1');
  const [greeting] = (await once(viewer, 'data')) as [Buffer];
  assert.equal(greeting.toString(), 'RFB 003.008\n');
  viewer.write('RFB 003.003\n');
  const [answer] = (await once(viewer, 'data')) as [Buffer];
  assert.equal(answer.toString(), 'RFB 003.003\n');
  interrupt();
  assert.equal((await offered).code, 0);
  viewer.destroy();
  const refused = await runFake(['vm', 'vnc', 'hello/off', '--port', '0'], { client });
  assert.deepEqual([refused.code, refused.stdout], [4, ''], 'a screen that is not there is not offered');
  assert.match(refused.stderr, /^croft: it does not run$/m);
});

test('CR14 --help loads of all packages only the one that it is written with', async () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const tell = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => { console.error(url); return next(url, context); } });`;
  const parameters = [
    ...process.execArgv.filter((word) => !word.startsWith('--test')),
    '--import',
    `data:text/javascript,${encodeURIComponent(tell)}`,
  ];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...parameters, main, '--help']);
  assert.match(stdout, /^Usage: croft/m);
  const packages = [...stderr.matchAll(/\/node_modules\/([^/]+)\//g)].map(([, name]) => name);
  assert.deepEqual([...new Set(packages)], ['commander']);
});
