import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CroftError } from '../../src/model/error.ts';
import { type Lab, type LabHost, startLab } from '../lab/lab.ts';
import { shapeLab } from '../lab/shape.ts';
import { controllerInterface } from '../lab/wiring.ts';
import { until } from '../support/until.ts';
import { lookAt, mebibyte, prepareSpread, type SpreadStage } from './image-spread-stage.ts';

let lab: Lab;
before(async () => {
  lab = await startLab({ hosts: 3 });
});
after(() => lab.stop());

/** Mbit/s: slow enough to meddle with a transfer. */
const slow = 8;

function ensureOn(stage: SpreadStage, host: LabHost, onProgress?: (bytes: number) => void): Promise<void> {
  const { host: node, layout } = stage.reach(host);
  return stage.images.ensure(node, layout, stage.image, onProgress);
}

async function assertWhole(stage: SpreadStage, ...hosts: LabHost[]): Promise<void> {
  for (const host of hosts) {
    const { path: file, whole, part } = await lookAt(host, stage);
    assert.deepEqual([whole, part], [stage.image.size, null], host.name);
    const { stdout } = await host.exec(['sha256sum', file]);
    assert.equal(stdout.slice(0, 64), stage.image.sha256, host.name);
    const { stdout: left } = await host.exec(['find', '/run/croft', '-type', 'f']);
    assert.equal(left, '', `${host.name} keeps a key or what else a transfer needs`);
  }
}

async function arrivedAt(host: LabHost, stage: SpreadStage, bytes: number): Promise<void> {
  await until(`${host.name} has ${bytes} bytes`, async () => ((await lookAt(host, stage)).part ?? 0) >= bytes || undefined);
}

async function sentByController(): Promise<number> {
  return Number(await readFile(`/sys/class/net/${controllerInterface(lab.name)}/statistics/tx_bytes`, 'utf8'));
}

test('SC9 nodes that get an image at one time pass it on to each other, so that it leaves the controller once', async () => {
  await using stage = await prepareSpread(lab, { random: 12, zeros: 30 });
  {
    await using _ = await shapeLab(lab, 40);
    const before = await sentByController();
    await Promise.all(lab.hosts.map((host) => ensureOn(stage, host)));
    const sent = (await sentByController()) - before;
    assert.ok(sent < 18 * mebibyte, `the controller sent ${sent} bytes`);
  }
  await assertWhole(stage, ...lab.hosts);
});

test('SC9 a node that is asked later gets the image from one that has it', async () => {
  await using stage = await prepareSpread(lab, { random: 8 });
  const [first, second] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, first);
  const before = await sentByController();
  await ensureOn(stage, second);
  assert.ok((await sentByController()) - before < 2 * mebibyte);
  await assertWhole(stage, first, second);
});

/** Cuts the power of a host, and lets it boot again when it is disposed of. */
async function withoutPower(host: LabHost): Promise<AsyncDisposable> {
  await host.kill();
  return { [Symbol.asyncDispose]: () => host.boot() };
}

test('SC9 when the node that passes an image on loses its power, the others go on where they were', async () => {
  await using stage = await prepareSpread(lab, { random: 16, patience: 5_000 });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  const seen: number[] = [];
  const shape = await shapeLab(lab, slow);
  const failed = assert.rejects(ensureOn(stage, source), (error) => error instanceof CroftError);
  await until('the source receives', async () => (await lookAt(source, stage)).part !== null || undefined);
  const arriving = ensureOn(stage, target, (bytes) => seen.push(bytes));
  await arrivedAt(target, stage, 3 * mebibyte);
  assert.equal((await source.exec(['pgrep', '-f', 'serve-image'])).code, 0, 'it is the source');
  await using _ = await withoutPower(source);
  await shape[Symbol.asyncDispose]();
  await arriving;
  await assertWhole(stage, target);
  const [begun, again] = [seen.indexOf(0), seen.lastIndexOf(0)];
  assert.deepEqual([begun, again], [0, 0], 'it did not start over');
  await failed;
});

test('SC9 a node that lost its power half-way resumes with its part', async () => {
  await using stage = await prepareSpread(lab, { random: 16 });
  const [target] = lab.hosts as [LabHost];
  {
    await using _ = await shapeLab(lab, slow);
    const failed = assert.rejects(ensureOn(stage, target), (error) => error instanceof CroftError);
    await arrivedAt(target, stage, 4 * mebibyte);
    await using _off = await withoutPower(target);
    await failed;
  }
  assert.equal((await lookAt(target, stage)).whole, null, 'a part is no image');
  const seen: number[] = [];
  await ensureOn(stage, target, (bytes) => seen.push(bytes));
  assert.ok((seen[0] ?? 0) >= 3 * mebibyte, `it began at ${seen[0]}`);
  await assertWhole(stage, target);
});

test('SC9 after the controller was killed half-way the next one resumes, also a transfer from a node', async (context) => {
  await using stage = await prepareSpread(lab, { random: 16 });
  const hosts = lab.hosts.slice(0, 2);
  {
    await using _ = await shapeLab(lab, slow);
    const controller = startController(stage, hosts);
    context.after(() => controller.kill('SIGKILL'));
    await Promise.all(hosts.map((host) => arrivedAt(host, stage, 3 * mebibyte)));
    const serving = await Promise.all(hosts.map((host) => host.exec(['pgrep', '-f', 'serve-image'])));
    assert.equal(serving.filter(({ code }) => code === 0).length, 1, 'one gets it from the other');
    controller.kill('SIGKILL');
    await once(controller, 'exit');
  }
  const begun = new Map<LabHost, number>();
  const ensured = hosts.map((host) => ensureOn(stage, host, (bytes) => begun.set(host, begun.get(host) ?? bytes)));
  await Promise.all(ensured);
  for (const host of hosts) assert.ok((begun.get(host) ?? 0) >= 2 * mebibyte, `${host.name} began at ${begun.get(host)}`);
  await assertWhole(stage, ...hosts);
});

function startController({ folder, image }: SpreadStage, hosts: LabHost[]): ChildProcess {
  const program = fileURLToPath(new URL('image-spread-process.ts', import.meta.url));
  return spawn(process.execPath, [program, JSON.stringify({ folder, image, hosts })], { stdio: ['ignore', 'inherit', 'inherit'] });
}

test('SC9 a copy that went wrong on a node is found out where it arrives, and removed where it was', async () => {
  await using stage = await prepareSpread(lab, { random: 4 });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, source);
  const { path: copy } = await lookAt(source, stage);
  await source.exec(['dd', 'if=/dev/urandom', `of=${copy}`, 'bs=1M', 'seek=2', 'count=1', 'conv=notrunc']);
  const before = await sentByController();
  await ensureOn(stage, target);
  assert.ok((await sentByController()) - before > 4 * mebibyte, 'the whole came from the controller');
  await assertWhole(stage, target);
  await until('the wrong copy is removed', async () => (await lookAt(source, stage)).whole === null || undefined);
});

test('SC9 where the disk of a node is full, that is reported, nothing stays, and others are not held up', async () => {
  await using stage = await prepareSpread(lab, { random: 16 });
  const [small, other] = lab.hosts as [LabHost, LabHost];
  const { stateFolder } = stage.reach(small).layout;
  await small.exec(['sh', '-c', 'mkdir -p "$1" && mount -t tmpfs -o size=6m tmpfs "$1"', 'sh', stateFolder]);
  const full = ensureOn(stage, small).then(
    () => assert.fail('it does not fit'),
    (error) => error,
  );
  const [error] = await Promise.all([full, ensureOn(stage, other)]);
  assert.ok(error instanceof CroftError && error.code === 'disk.full' && error.message.includes(small.name), String(error));
  const { stdout } = await small.exec(['find', `${stateFolder}/images`, '-type', 'f']);
  assert.equal(stdout, '');
  await small.exec(['umount', stateFolder]);
  await assertWhole(stage, other);
});

test('SC9 nodes that cannot reach each other get the image from the controller', async () => {
  await using stage = await prepareSpread(lab, { random: 3 });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, source);
  await target.exec(['ip', 'route', 'add', 'unreachable', `${source.address}/32`]);
  const before = await sentByController();
  await ensureOn(stage, target);
  assert.ok((await sentByController()) - before > 3 * mebibyte);
  await target.exec(['ip', 'route', 'delete', 'unreachable', `${source.address}/32`]);
  await assertWhole(stage, target);
});

test('SC9 a source that hangs is given up for another', async () => {
  await using stage = await prepareSpread(lab, { random: 8, patience: 3_000 });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, source);
  // Its sshd greets, and what it runs then never says anything.
  await source.exec([
    'sh',
    '-c',
    'printf "#!/bin/sh\\nexec sleep 600\\n" >/run/lab/zstd; chmod 755 /run/lab/zstd; mount --bind /run/lab/zstd /usr/bin/zstd',
  ]);
  await ensureOn(stage, target);
  await source.exec(['sh', '-c', 'umount /usr/bin/zstd; pkill -KILL -f "^sleep 600"; true']);
  await assertWhole(stage, target);
});

test('SC9 nodes pass images on through logins that are not root, with no more rights than these have', async () => {
  await using stage = await prepareSpread(lab, { random: 3, user: 'operator' });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, source);
  const before = await sentByController();
  await ensureOn(stage, target);
  assert.ok((await sentByController()) - before < mebibyte);
  await assertWhole(stage, source, target);
  const { stdout } = await source.exec(['stat', '-c', '%a %U', '/run/lab/operator/.ssh/authorized_keys', '/run/lab/operator/.ssh']);
  assert.equal(stdout, '600 operator\n700 operator\n');
});

test('SC9 the key for images does nothing but fetch images', async () => {
  await using stage = await prepareSpread(lab, { random: 2 });
  const [source, target] = lab.hosts as [LabHost, LabHost];
  await ensureOn(stage, source);
  await ensureOn(stage, target);
  const keyFile = path.join(stage.folder, 'images_ed25519');
  const { sha256, size } = stage.image;
  const ask = async (...words: string[]) => {
    const options = [
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
      '-o',
      'IdentitiesOnly=yes',
    ];
    const child = spawn('ssh', [...options, '-i', keyFile, `root@${source.address}`, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, words2] = [[] as Buffer[], [] as Buffer[]];
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.on('data', (data: Buffer) => words2.push(data));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output: Buffer.concat(output), words: Buffer.concat(words2).toString() };
  };
  const asked = await ask(`${sha256} raw 0 ${size}`);
  assert.deepEqual([asked.code, asked.output.subarray(0, 4).toString('hex')], [0, '28b52ffd']);
  const others = [
    '',
    'id',
    'sh',
    `${sha256} raw 0 ${size}; id`,
    `${sha256} raw $(id) ${size}`,
    `../../../../etc/passwd raw 0 ${size}`,
    `${sha256} ../raw 0 ${size}`,
    `${sha256.toUpperCase()} raw 0 ${size}`,
    `${sha256} raw -1 ${size}`,
    `${sha256} raw 0x10 ${size}`,
    `${sha256} raw 0 ${size} more`,
    `${'0'.repeat(64)} raw 0 ${size}`,
    '* * * *',
  ];
  for (const words of others) {
    const { code, output, words: said } = await ask(...(words === '' ? [] : [words]));
    assert.deepEqual([code, output.length], [64, 0], words);
    assert.match(said, /^refused: /, words);
  }
  assert.notEqual((await ask('-s', 'sftp')).code, 0);
});

test('SC9 authorized_keys is as before, to the last byte, once a node no longer passes images on', async () => {
  const [source, target] = lab.hosts as [LabHost, LabHost];
  const file = '/run/lab/root/.ssh/authorized_keys';
  const look = async () =>
    (await source.exec(['sh', '-c', 'cd "$1" || exit; stat -L -c "%a %U %s" *; sha256sum *', 'sh', path.dirname(file)])).stdout;
  const contents = ['# mine\n\nssh-ed25519 AAAA someone croft-spreadtest-images-too\nno newline at the end', '', null];
  for (const content of contents) {
    await using stage = await prepareSpread(lab, { random: 1 });
    const make = 'mkdir -p "$1"; cd "$1" || exit; cat >real; chmod 640 real; ln -s real authorized_keys';
    if (content !== null) await source.exec(['sh', '-c', make, 'sh', path.dirname(file)], content);
    const before = await look();
    await ensureOn(stage, source);
    await ensureOn(stage, target);
    const { stdout: line } = await source.exec(['head', '-n', '1', file]);
    assert.match(line, /^restrict,command="[^\n]*" ssh-ed25519 [^ ]+ croft-spreadtest-images\n$/);
    const { host, layout } = stage.reach(source);
    await stage.images.withdraw(host, layout);
    assert.equal(await look(), before);
    if (content === null) assert.notEqual((await source.exec(['test', '-e', '/run/lab/root/.ssh'])).code, 0);
    await stage.images.withdraw(host, layout);
    assert.equal(await look(), before);
  }
});

test('SC9 an image that changed in the library while it was sent does not get its name on a node', async () => {
  await using stage = await prepareSpread(lab, { random: 2 });
  const [target] = lab.hosts as [LabHost];
  await writeFile(stage.file, Buffer.alloc(stage.image.size));
  await assert.rejects(ensureOn(stage, target), (error) => error instanceof CroftError && error.code === 'command.failed');
  assert.deepEqual(await lookAt(target, stage).then(({ whole, part }) => [whole, part]), [null, null]);
});
