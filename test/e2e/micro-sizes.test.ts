/** The micro guest whose CPUs and memory change while it runs, as the drivers for QEMU and for libvirt do that. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildMicroImage } from '../../src/images/guests/micro.ts';
import { planHash, type VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openLibvirtStage } from './libvirt-stage.ts';
import { openStage } from './qemu-stage.ts';

let folder: string;
let content: Buffer;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'croft-micro-sizes-'));
  const outputFile = path.join(folder, 'micro.raw');
  await buildMicroImage({ workFolder: path.join(tmpdir(), 'croft-test-images'), outputFile, log: () => undefined });
  content = await readFile(outputFile);
});
after(() => rm(folder, { recursive: true, force: true }));

async function openSizes(hypervisor: 'qemu' | 'libvirt') {
  const stage = hypervisor === 'qemu' ? await openStage() : await openLibvirtStage();
  const { driver } = stage;
  const sha256 = createHash('sha256').update(content).digest('hex');
  if ('folder' in stage) await stage.putImage(content, 'raw');
  else await stage.putImage(content, sha256);
  const vm = await stage.launch('obedient', {
    image: { id: 'micro', sha256, format: 'raw', size: content.length },
    ...{ cpus: 1, memory: 192 * mebibyte },
  });
  let asked = 0;
  return {
    vm,
    up: (launch: VmLaunch) => stage.up(launch),
    /** Resolves once the condition holds in the guest's shell on its serial console. */
    async holds(condition: string): Promise<void> {
      asked += 1;
      const console = await driver.console(referenceTo(vm.id));
      console.write(`\nuntil ${condition}; do sleep 0.2; done; echo "ho""lds ${asked}:"\n`);
      await stage.shows(vm.id, `holds ${asked}:`);
      console.destroy();
    },
    /** Resolves once its guest came up for so many times. */
    async ready(times: number): Promise<void> {
      await untilTrue(async () => (await driver.consoleLog(referenceTo(vm.id), 1_000_000)).split('micro ready').length > times, 200);
    },
    resize: async (launch: VmLaunch) => (await driver.resize(withLaunch(launch))).atNextStart,
    snapshot: (launch: VmLaunch, name: string) => driver.snapshot(withLaunch(launch), name, true),
    revert: (launch: VmLaunch, name: string) => driver.revert(withLaunch(launch), name),
    stop: () => driver.kill(referenceTo(vm.id)),
    async known() {
      const { launchHash, memory } = (await stage.observed(vm.id)) ?? {};
      return { launchHash, memory };
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

for (const hypervisor of ['qemu', 'libvirt'] as const) {
  test(`SC11 a guest of ${hypervisor} gets CPUs, gives memory back and gets it again, and resumes with them from a snapshot`, {
    timeout: 240_000,
  }, async () => {
    await using stage = await openSizes(hypervisor);
    const { vm } = stage;
    const began = vm.memory;
    const other: VmLaunch = { ...vm, cpus: 2, memory: 128 * mebibyte };
    // In KiB. What the balloon has stays a part of the guest's memory, since it may take it back.
    const given = '$(awk \'$1 == "balloon_inflate" { n += $2 } $1 == "balloon_deflate" { n -= $2 } END { print n * 4 }\' /proc/vmstat)';
    const [all, none] = [`[ "${given}" -ge ${60 * 1024} ]`, `[ "${given}" -le ${4 * 1024} ]`];
    await stage.up(vm);
    await stage.ready(1);
    await stage.holds('word=kept');

    await stage.holds('dd if=/dev/zero of=/tmp/used bs=1M count=70 2>/dev/null');
    assert.deepEqual(await stage.resize({ ...vm, memory: other.memory }), ['memory'], 'its guest uses more than that');
    await stage.holds(none);
    await stage.holds('rm /tmp/used');

    // Where QEMU's buffer for translated code has no room for a further CPU, it has room once the guest has translated enough new code.
    let copy = 0;
    for (let later = await stage.resize(other); later.length > 0; later = await stage.resize(other)) {
      assert.deepEqual(later, ['cpus']);
      copy += 1;
      await stage.holds(`cp /bin/busybox /tmp/busybox${copy} && /tmp/busybox${copy} sha512sum /bin/busybox`);
    }
    await stage.holds(`[ "$(nproc)" = 2 ] && ${all}`);
    assert.deepEqual(await stage.known(), { launchHash: planHash(other), memory: began }, 'it may take its memory again');
    await stage.snapshot(other, 'm');

    assert.deepEqual(await stage.resize({ ...other, memory: 2 * began }), ['memory']);
    assert.deepEqual((await stage.known()).launchHash, planHash(other));
    assert.deepEqual(await stage.resize({ ...other, memory: began }), []);
    await stage.holds(none);

    await stage.revert(other, 'm');
    await stage.holds(`[ "$(nproc)$word" = 2kept ] && ${all}`);
    assert.deepEqual(await stage.known(), { launchHash: planHash(other), memory: began });

    await stage.stop();
    await stage.up({ ...other, memory: began });
    await stage.ready(2);
    assert.deepEqual(await stage.resize(other), []);
    await stage.revert(other, 'm');
    await stage.holds(`[ "$(nproc)$word" = 2kept ] && ${all}`);
    assert.deepEqual(await stage.known(), { launchHash: planHash(other), memory: began });
  });
}
