/** A guest with systemd and the real cloud-init, built from packages, through the QEMU driver: under BIOS and under UEFI. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { withAgent } from '../../src/drivers/hypervisor/qemu/control.ts';
import { whileFrozen } from '../../src/drivers/hypervisor/vm-folder/frozen.ts';
import { perform } from '../../src/host/host.ts';
import { buildDebianImage } from '../../src/images/guests/debian.ts';
import { inspectImage } from '../../src/images/library/inspect.ts';
import { seedOf } from '../../src/images/seeds/seed.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { gibibyte, mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openGuestNetwork } from './guest-network.ts';
import { openStage, type Stage } from './qemu-stage.ts';

const execute = promisify(execFile);
/** Where nothing but QEMU's own translation runs guests, on processors that others use too, systemd and cloud-init take minutes. */
const limit = { timeout: 1_500_000 };
let folder: string;
let image: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'croft-debian-'));
  image = path.join(folder, 'debian.qcow2');
  await buildDebianImage({ workFolder: path.join(folder, 'work'), outputFile: image, log: () => undefined });
}, limit);
after(() => rm(folder, { recursive: true, force: true }));

async function guest(stage: Stage, changes: Partial<VmLaunch>): Promise<VmLaunch> {
  const base = await stage.putImage(await readFile(image), 'qcow2');
  return stage.launch('obedient', { image: base, memory: 512 * mebibyte, ...changes });
}

/** The lines that the script wrote between its marks, without what others wrote on the console meanwhile. */
function facts(console: string): Map<string, string> {
  return new Map([...console.matchAll(/^.*?fact (\S+): (.*?)\r?$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

const script = `#!/bin/sh
exec >/dev/console 2>&1
echo "fact host: $(hostname)"
echo "fact config: $(cat /etc/from-cloud-config)"
echo "fact root: $(df -B1 --output=size / | tail -n 1 | tr -d ' ')"
echo "fact firmware: $([ -d /sys/firmware/efi ] && echo uefi || echo bios)"
echo "fact address: $(ip -4 -o address show dev eth0 | awk '{ print $4 }')"
echo "fact mac: $(cat /sys/class/net/eth0/address)"
echo "fact volume: $(readlink -f /dev/disk/by-id/virtio-data)"
echo "fact netplan: $(tr '\\n' ' ' </etc/netplan/50-cloud-init.yaml | tr -s ' ')"
echo "fact end: of the facts"
`;
const cloudConfig = '#cloud-config\nwrite_files:\n  - path: /etc/from-cloud-config\n    content: written by cloud-config\n';

/** Side by side: each has a guest of its own to wait for. */
describe('debian', { concurrency: true, ...limit }, () => {
  test('SC10 the debian image is a qcow2 disk that is built again only when something changed', limit, async () => {
    const request = { workFolder: path.join(folder, 'work'), outputFile: path.join(folder, 'again.qcow2'), log: () => undefined };
    assert.equal((await buildDebianImage(request)).built, false);
    assert.equal((await inspectImage(image)).format, 'qcow2');
    assert.deepEqual(await readFile(request.outputFile), await readFile(image));
  });

  test('SC10 a Debian guest takes name, key, script, cloud-config and network from its seed, and grows to its disk', limit, async () => {
    await using stage = await openStage(seedOf);
    await using network = await openGuestNetwork(stage.host);
    const key = path.join(folder, 'key');
    await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me "and" you', '-f', key]);
    const port = network.port(newIdentifier());
    const vm = await guest(stage, {
      hostname: 'deb-one',
      disk: 3 * gibibyte,
      volumes: [{ id: newIdentifier(), name: 'data', image: null, size: 16 * mebibyte }],
      ports: [port],
      userData: script,
      cloudConfig,
      sshKeys: [(await readFile(`${key}.pub`, 'utf8')).trim()],
    });
    await network.addTap(vm.id, port);
    await stage.up(vm, network.host);
    const seen = facts(await stage.shows(vm.id, 'fact end'));
    assert.equal(seen.get('host'), 'deb-one');
    assert.equal(seen.get('config'), 'written by cloud-config');
    assert.equal(seen.get('firmware'), 'bios');
    assert.ok(Number(seen.get('root')) > 2.5 * gibibyte, seen.get('root'));
    assert.deepEqual([seen.get('address'), seen.get('mac')], [`${port.address}/24`, port.mac]);
    assert.match(seen.get('volume') ?? '', /^\/dev\/vd[a-z]$/);
    assert.match(
      seen.get('netplan') ?? '',
      /eth0: dhcp-identifier: mac dhcp4: true .*route-metric: 100 .*macaddress: 52:54:00:00:00:0a set-name: eth0/,
    );
    await stage.shows(vm.id, 'deb-one login:');
    assert.equal(await network.login(port.address, 'debian', key, 'id -un; sudo id -un; hostname'), 'debian\nroot\ndeb-one\n');

    const { driver, host, layout } = stage;
    await untilTrue(async () => (await driver.guest(referenceTo(vm.id))) !== null, 1_000, 900_000);
    const report = await driver.guest(referenceTo(vm.id));
    assert.equal(report?.hostname, 'deb-one');
    assert.match(report?.operatingSystem ?? '', /Debian|Ubuntu/);
    assert.ok(report?.addresses.some(({ nic, mac, address }) => nic === 'eth0' && mac === port.mac && address === port.address));
    // As long as QEMU's buffer for translated code has no room for a CPU, the guest gives it something to translate.
    while ((await driver.resize(withLaunch({ ...vm, cpus: 2 }))).atNextStart.length > 0) {
      await network.login(port.address, 'debian', key, 'gzip -c "$(readlink -f /proc/$$/exe)" >/dev/null; find /usr >/dev/null');
    }
    assert.equal(await network.login(port.address, 'debian', key, 'nproc'), '2\n', 'the agent has switched it on');
    await driver.snapshot(withLaunch(vm), 'frozen', false);
    const journal = 'sudo journalctl --quiet --no-pager --unit qemu-guest-agent';
    assert.match(await network.login(port.address, 'debian', key, journal), /guest-fsfreeze called/);

    const observed = async () => (await perform(host, driver.observe()))[0].find(({ id }) => id === vm.id);
    const ask = (command: string) => withAgent({ host, layout }, referenceTo(vm.id), 20_000, (agent) => agent.execute(command));
    const cutOff = { freeze: async () => (await ask('guest-fsfreeze-freeze')) !== null, thaw: async () => false };
    await whileFrozen({ host, layout }, referenceTo(vm.id), cutOff, async () => assert.equal(await ask('guest-fsfreeze-status'), 'frozen'));
    assert.equal((await observed())?.frozen, true);
    await driver.thaw(referenceTo(vm.id));
    assert.equal((await observed())?.frozen, undefined);
    assert.equal(await network.login(port.address, 'debian', key, 'echo written >after && sync && cat after'), 'written\n');
  });

  test('CR6 the same Debian disk starts by UEFI, and its guest powers off when it is asked to', limit, async () => {
    await using stage = await openStage(seedOf);
    const vm = await guest(stage, { hostname: 'deb-two', firmware: 'uefi', disk: 2 * gibibyte, userData: script, cloudConfig });
    await stage.up(vm);
    const seen = facts(await stage.shows(vm.id, 'fact end'));
    assert.deepEqual([seen.get('host'), seen.get('firmware'), seen.get('config')], ['deb-two', 'uefi', 'written by cloud-config']);
    assert.ok(Number(seen.get('root')) > 1.5 * gibibyte, seen.get('root'));
    assert.equal(await stage.driver.stop(referenceTo(vm.id), { powerdown: 120_000, terminate: 5_000 }), 'powered-down');
  });
});
