import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { buildMicroImage } from '../../src/images/guests/micro.ts';
import { inspectImage } from '../../src/images/library/inspect.ts';
import type { SeedSource } from '../../src/images/seeds/seed.ts';
import { freePort } from '../support/free-port.ts';
import { port as anyPort } from '../support/vm.ts';
import { MicroGuest, type MicroGuestOptions } from './micro-guest.ts';

const mebibyte = 1024 ** 2;
const mac = (last: number) => `02:00:00:00:00:0${last}`;
const port = (last: number) => anyPort({ nicId: `n${last}`, vmId: 'v', mac: mac(last), address: '10.0.2.15' });
const seed: SeedSource = { id: 'abcdefghijklmnop', hostname: 'web', userData: null, cloudConfig: null, sshKeys: [], ports: [] };

let folder: string;
let image: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'croft-micro-'));
  image = path.join(folder, 'micro.raw');
  await buildMicroImage({ workFolder: path.join(folder, 'work'), outputFile: image, log: () => undefined });
});
after(() => rm(folder, { recursive: true, force: true }));

async function start(context: TestContext, options: Partial<MicroGuestOptions>): Promise<MicroGuest> {
  const guestFolder = await mkdtemp(path.join(folder, 'guest-'));
  const guest = await MicroGuest.start({ folder: guestFolder, image, memory: 128, seed, nics: [], ...options });
  context.after(() => guest.kill());
  return guest;
}

test('SC10 the micro image is a raw disk of some 20 MB, and is built again only when something changed', async () => {
  const lines: string[] = [];
  const again = path.join(folder, 'again.raw');
  const { built } = await buildMicroImage({ workFolder: path.join(folder, 'work'), outputFile: again, log: (line) => lines.push(line) });
  assert.equal(built, false);
  assert.match(lines.at(-1) ?? '', /nothing changed/);
  assert.deepEqual(await readFile(again), await readFile(image));
  assert.equal((await inspectImage(image)).format, 'raw');
  assert.ok((await stat(image)).size < 32 * mebibyte);
});

test('SC10 without a network a guest of 96 MiB takes its name from the seed and runs its script once', async (context) => {
  const userData = '#!/bin/sh\necho "I am $(hostname), instance $(sed -n \'s/^instance-id: //p\' /run/croft/seed/meta-data)"\nexit 7\n';
  const guest = await start(context, { memory: 96, seed: { ...seed, userData } });
  await guest.shows('user-data ended with exit code 7');
  assert.match(guest.console, /^croft-micro: booting/);
  assert.match(guest.console, /croft-micro: web ready/);
  assert.match(guest.console, /I am web, instance "abcdefghijklmnop"/);
  assert.equal(guest.console.split('I am web').length, 2);
});

test('SC10 the console is a root shell, and poweroff typed there ends the guest', async (context) => {
  const guest = await start(context, {});
  await guest.shows('root@web');
  guest.type('echo "I am $(id -un) in $PWD"');
  await guest.shows('I am root in /root');
  guest.type('poweroff');
  assert.equal(await guest.ended(), 0);
});

test('CR7 the power button ends the guest', async (context) => {
  const guest = await start(context, {});
  await guest.shows('root@web');
  guest.type('until ls -l /proc/$(pidof acpid)/fd 2>/dev/null | grep -q input/event; do :; done; echo "button $((40 + 2))"');
  await guest.shows('button 42');
  await guest.pressPowerButton();
  assert.equal(await guest.ended(), 0);
});

test('SC10 NICs have the names of the seed in whatever order they come, and each takes its address', async (context) => {
  const userData =
    '#!/bin/sh\nfor nic in eth0 eth1; do echo "$nic $(cat /sys/class/net/$nic/address) $(cat /run/croft/address/$nic)"; done\ncat /etc/resolv.conf\n';
  const nic = (last: number, net: number) => [
    '-netdev',
    `user,id=n${last},restrict=on,net=10.0.${net}.0/24,dnssearch=net${net}.internal`,
    '-device',
    `virtio-net-pci,netdev=n${last},mac=${mac(last)}`,
  ];
  const guest = await start(context, { seed: { ...seed, userData, ports: [port(1), port(2)] }, nics: [...nic(2, 4), ...nic(1, 3)] });
  await guest.shows('user-data ended');
  assert.match(guest.console, /eth0 02:00:00:00:00:01 10\.0\.3\.15/);
  assert.match(guest.console, /eth1 02:00:00:00:00:02 10\.0\.4\.15/);
  assert.match(guest.console, /search net3\.internal net4\.internal/);
});

test('SC10 root logs in by a key of the seed, and by no other', async (context) => {
  const keyFile = (name: string) => path.join(folder, name);
  for (const name of ['own', 'foreign'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me "and" \\you', '-f', keyFile(name)]);
  const sshPort = await freePort();
  const guest = await start(context, {
    seed: { ...seed, sshKeys: [(await readFile(`${keyFile('own')}.pub`, 'utf8')).trim()], ports: [port(1)] },
    nics: ['-netdev', `user,id=n1,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`, '-device', `virtio-net-pci,netdev=n1,mac=${mac(1)}`],
  });
  await guest.shows('web ready');
  guest.type('until netstat -ltn | grep -q :22; do :; done; echo "listening $((40 + 2))"');
  await guest.shows('listening 42');
  const login = (key: string) =>
    promisify(execFile)('ssh', [
      ...['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'IdentitiesOnly=yes'],
      ...[
        '-o',
        'BatchMode=yes',
        '-o',
        'ConnectionAttempts=5',
        '-i',
        keyFile(key),
        '-p',
        String(sshPort),
        'root@127.0.0.1',
        'id -un; hostname',
      ],
    ]);
  assert.equal((await login('own')).stdout, 'root\nweb\n');
  await assert.rejects(login('foreign'), /Permission denied/);
});
