import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launch as anyLaunch, launchImage } from '../../../../test/support/vm.ts';
import type { Host } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { newControllerIdentifier, newIdentifier } from '../../../model/identifier.ts';
import { finishHalf } from './half-revert.ts';
import { vmFolders } from './identity.ts';
import type { LiveControl, LiveDisks } from './live-disks.ts';
import { revertTo } from './revert.ts';
import { removeSnapshot } from './snapshots.ts';

/** Every disk has the snapshot `one`, unless `without` names it; operations on disks are logged, and fail where `broken` names the disk. */
const qemuImg = `#!/bin/sh
folder=\${0%/*}
for file in "$@"; do :; done
name=\${file##*/}
case "$1 $2" in
'info '*) echo '{"snapshots":[{"name":"croft-one","vm-state-size":'"$(cat "$folder/memory")"',"date-sec":1,"date-nsec":0}]}' ;;
'snapshot -U') grep -qxF "$name" "$folder/without" || echo '1 croft-one 0 B 2026-01-01 00:00:00 00:00:00.000 0' ;;
'snapshot -a')
  if grep -qxF "$name" "$folder/broken"; then echo "qemu-img: $name: Input/output error" >&2; exit 1; fi
  echo "$name" >>"$folder/log"
  ;;
esac
`;

/** A node whose scripts run here, with stand-ins for the programs that would need a VM. */
function openNode() {
  const folder = mkdtempSync(path.join(tmpdir(), 'croft-half-'));
  const programs = path.join(folder, 'bin');
  mkdirSync(programs);
  const put = (name: string, content: string): void => {
    writeFileSync(path.join(programs, name), content);
    chmodSync(path.join(programs, name), 0o755);
  };
  put('qemu-img', qemuImg);
  put('setpriv', '#!/bin/sh\nwhile [ "$1" != qemu-img ]; do shift; done\nexec "$@"\n');
  for (const name of ['broken', 'without', 'log']) put(name, '');
  put('memory', '0');
  const controllerId = newControllerIdentifier();
  const layout = nodeLayout({ controllerId, stateFolder: `${folder}/state`, runFolder: `${folder}/run` });
  const volume = { id: newIdentifier(), name: 'data', image: null, size: 1024 };
  const launch = anyLaunch({ id: newIdentifier(), memory: 2 ** 25, image: launchImage({ size: 1024 }), volumes: [volume] });
  const vm = { id: launch.id, label: 's/a', launch };
  const folders = vmFolders(layout, vm.id);
  for (const one of [folders.state, folders.run]) mkdirSync(one, { recursive: true });
  const volumeName = `volume-${volume.id}.qcow2`;
  for (const name of ['disk.qcow2', volumeName])
    writeFileSync(path.join(folders.state, name), Buffer.from('QFI\xfb'.padEnd(64, '\0'), 'latin1'));
  const host: Host = new FakeHost({
    name: 'here',
    answer({ argv: [program, ...words], stdin = '' }) {
      const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
      const { status, stdout, stderr } = spawnSync(program, words, { env, input: stdin, encoding: 'utf8' });
      return { code: status ?? 255, stdout, stderr };
    },
  });
  const mark = path.join(folders.state, 'reverting');
  return {
    ...{ host, layout, vm, volumeName, put },
    /** The VM does not run. */
    revert: () =>
      revertTo({
        control: stopped,
        node: { host, layout, abilities: tcgAbilities },
        vm,
        name: 'one',
        startPaused: async () => assert.fail(),
      }),
    /** The names of the disks that were restored since the last call. */
    done(): string[] {
      const names = readFileSync(path.join(programs, 'log'), 'utf8').split('\n').slice(0, -1);
      put('log', '');
      return names;
    },
    mark: () => (existsSync(mark) ? readFileSync(mark, 'utf8').trim() : null),
    paused: () => existsSync(path.join(folders.run, 'paused')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const stopped: LiveControl = {
  nicDevice: (id) => id,
  version: async () => '7.2',
  whileRunning: async () => false,
  kill: async () => false,
};

test('SC11 a revert that fails half-way leaves a mark and says so; the rest is restored before the VM starts', async () => {
  using node = openNode();
  const { vm, volumeName, put, revert } = node;
  put('broken', 'disk.qcow2\n');
  const words = /put back to snapshot one, or only half: .*disk\.qcow2: Input\/output error/;
  await assert.rejects(revert(), { code: 'command.failed', node: 'here', message: words, hint: /starts only once all its disks/ });
  assert.deepEqual([node.done(), node.mark()], [[volumeName], 'croft-one']);

  const still = /^s\/a is half put back to a snapshot, and .*: snapshot one:\nqemu-img: disk\.qcow2: Input/;
  await assert.rejects(finishHalf(node, vm), { code: 'command.failed', message: still });
  await assert.rejects(removeSnapshot(stopped, node, vm, 'one'), { message: /half put back to it/ });
  assert.equal(node.mark(), 'croft-one');

  node.done();
  put('broken', '');
  await finishHalf(node, vm);
  assert.deepEqual([node.done(), node.mark()], [[volumeName, 'disk.qcow2'], null]);
  await finishHalf(node, vm);
  assert.deepEqual(node.done(), []);
});

test('SC11 repeating a revert that failed half-way finishes it', async () => {
  using node = openNode();
  const { volumeName, put, revert } = node;
  put('broken', 'disk.qcow2\n');
  await assert.rejects(revert());
  put('broken', '');
  node.done();
  await revert();
  assert.deepEqual([node.done(), node.mark()], [[volumeName, 'disk.qcow2'], null]);
});

test('SC11 a volume added after an interrupted revert is left as it is; without the first disk’s snapshot nothing is complete', async () => {
  using node = openNode();
  const { vm, volumeName, put, revert } = node;
  put('broken', 'disk.qcow2\n');
  await assert.rejects(revert());
  put('broken', '');
  node.done();
  put('without', 'disk.qcow2\n');
  await assert.rejects(finishHalf(node, vm), { message: /first disk has no such snapshot/ });
  assert.equal(node.mark(), 'croft-one');
  node.done();
  put('without', `${volumeName}\n`);
  await finishHalf(node, vm);
  assert.deepEqual([node.done(), node.mark()], [['disk.qcow2'], null]);
});

/** A QEMU that is restored with its memory; `load` is the result of loading, `seen` the commands received. */
function openQemu(node: ReturnType<typeof openNode>, load: () => Promise<void>, kill: () => Promise<void> = async () => undefined) {
  const seen: string[] = [];
  const disks: LiveDisks = {
    nodes: ['disk0', 'volume'],
    async execute(command) {
      seen.push(command);
      return [];
    },
    async job(command) {
      seen.push(`${command}, marked ${node.mark()}`);
      await load();
    },
    frozen: (work) => work(),
    async resume() {
      seen.push(`resume, marked ${node.mark()}, ${node.paused() ? 'paused' : 'not paused'}`);
    },
  };
  let runs = false;
  const control: LiveControl = {
    ...stopped,
    async whileRunning(_node, _vm, work) {
      if (runs) await work(disks);
      return runs;
    },
    async kill() {
      seen.push('kill');
      await kill();
    },
  };
  const { host, layout, vm } = node;
  const startPaused = async (): Promise<void> => {
    runs = true;
  };
  node.put('memory', '4096');
  return { seen, revert: () => revertTo({ control, node: { host, layout, abilities: tcgAbilities }, vm, name: 'one', startPaused }) };
}

test('SC11 a VM is marked while its memory is loaded, and is complete and paused before it resumes', async () => {
  using node = openNode();
  const { seen, revert } = openQemu(node, async () => undefined);
  await revert();
  assert.deepEqual(seen, ['stop', 'snapshot-load, marked croft-one', 'query-named-block-nodes', 'resume, marked null, paused']);
});

test('SC11 a VM whose memory could not be loaded keeps its mark, also where the way to its node is lost', async () => {
  for (const kill of [async () => undefined, () => Promise.reject(new CroftError('node.unreachable', 'the way is lost'))]) {
    using node = openNode();
    const { seen, revert } = openQemu(node, () => Promise.reject(new CroftError('vm.not-running', 'cut off')), kill);
    await assert.rejects(revert(), {
      code: 'vm.not-running',
      message: /memory of snapshot one .*: cut off/,
      hint: /starts only once all its disks/,
    });
    assert.deepEqual([seen.at(-1), node.mark()], ['kill', 'croft-one']);
    await finishHalf(node, node.vm);
    assert.deepEqual([node.done(), node.mark()], [[node.volumeName, 'disk.qcow2'], null]);
  }
});
