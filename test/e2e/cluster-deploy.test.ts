import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SliceView } from '../../src/model/slice/view.ts';
import type { HostSnapshot } from '../lab/snapshot.ts';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';
import type { GuestShell } from './guest-shell.ts';

let stage: ClusterStage;
const atFirst = new Map<string, HostSnapshot>();

before(async () => {
  stage = await ClusterStage.open({ hosts: 3 });
  for (const { name } of stage.lab.hosts) {
    // The first namespace of any machine makes a permanent mount point, whichever program adds it.
    await stage.on(name, 'ip netns add first && ip netns delete first');
    await until(`the bridge of ${name} is joined to the trunk`, async () => {
      const snapshot = await stage.lab.snapshot(stage.host(name));
      // Its record is written last; the parts of a snapshot are read one after the other.
      const joined = snapshot.ports.includes('br-croft trunk0') && snapshot.interfaces.includes('br-croft');
      if (joined && snapshot.files.some((file) => file.endsWith('/underlay.json'))) atFirst.set(name, snapshot);
      return atFirst.has(name) || undefined;
    });
  }
});
after(() => stage?.[Symbol.asyncDispose]());

const template = { image: 'micro', cpus: 1, memory: '128MiB' };

/** Three VMs of which two also share a closed network. */
const shop = {
  slice: 'shop',
  template,
  networks: { lan: { cidr: '192.168.50.0/24', internet: true }, back: { cidr: '192.168.51.0/24' } },
  vms: {
    web: {
      nics: ['lan', 'back'],
      userData: '#!/bin/sh\nuntil ping -c 1 -W 1 db >/dev/null 2>&1; do sleep 1; done; echo "shop: $(hostname) reached db"\n',
    },
    db: { nics: ['lan', 'back'] },
    log: { nics: ['back'] },
  },
};

/** Web as wanted after the edit: more memory, and a script that restarts the VM. */
const edited = {
  ...shop,
  networks: { ...shop.networks, extra: {} },
  vms: {
    ...shop.vms,
    web: { ...shop.vms.web, memory: '160MiB', userData: `${shop.vms.web.userData}# again\n` },
    cache: { nics: ['lan', 'extra'] },
  },
};

const identities = async ({ vms }: SliceView, ...names: string[]) =>
  Promise.all(
    vms
      .filter(({ name }) => names.includes(name))
      .map(async ({ name, nics }) => ({ name, pid: await stage.pid('shop', name), nics: nics.map(({ mac, address }) => [mac, address]) })),
  );

const addressesOf = async (shell: GuestShell) => {
  const lines = (await shell.must(`ip -4 -o address show | awk '$2 != "lo" { print $2, $4 }'`)).split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ')));
};

test('CR1 hosts are adopted over SSH with the key pinned and their specs read', async () => {
  for (const { name, hostKey, address } of stage.lab.hosts) {
    const node = await stage.client.nodes.get(name);
    assert.equal(node.config.ssh?.hostKey, hostKey);
    assert.equal(node.config.ssh?.address, address);
    assert.equal(String(node.specs?.cpus), (await stage.on(name, 'nproc')).trim());
    assert.equal(node.specs?.bootId, (await stage.on(name, 'cat /proc/sys/kernel/random/boot_id')).trim());
    assert.equal(node.specs?.datapath, 'netdev');
    assert.ok(node.capacity !== null && node.capacity.memory > 0 && node.reason === null);
  }
});

test('CR9 a slice is deployed over several hosts, and guests take exactly the addresses that are reserved', async () => {
  const { vms, router } = await stage.deploy(shop);
  assert.deepEqual(new Set(vms.map(({ node }) => node)).size, 3, 'each VM has a host of its own');
  assert.ok(router?.node);
  for (const vm of vms) {
    await using shell = await stage.shell('shop', vm.name);
    assert.deepEqual(await addressesOf(shell), Object.fromEntries(vm.nics.map(({ name, address }) => [name, `${address}/24`])));
    assert.equal(await shell.must('hostname'), vm.name);
    for (const { name, mac } of vm.nics) assert.equal(await shell.must(`cat /sys/class/net/${name}/address`), mac);
  }
});

test('CR11 a guest reaches another by its name across hosts', async () => {
  await until('the script of web reached db', async () => {
    return (await stage.client.vms.consoleLog('shop', 'web')).includes('shop: web reached db') || undefined;
  });
  await using shell = await stage.shell('shop', 'log');
  await shell.comesToReach('db');
  const db = (await stage.client.vms.get('shop', 'db')).nics.find(({ network }) => network === 'back');
  assert.match(
    await shell.must('ping -c 1 -W 5 db'),
    new RegExp(`from ${db?.address}`),
    'the name means the address in the common network',
  );
});

test('CR10 the internet is reached from a network that has it, by the address of the router’s node, and not from another', async () => {
  const { router } = await stage.client.slices.get('shop');
  await using web = await stage.shell('shop', 'web');
  const answer = await web.must(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 10 ${stage.lab.internet} 80`);
  assert.match(answer, new RegExp(`hello (::ffff:)?${stage.host(router?.node ?? null).address}$`));
  await using log = await stage.shell('shop', 'log');
  const closed = await log.run(
    `ip route add default via $(awk '/nameserver/ { print $2 }' /etc/resolv.conf); ping -c 1 -W 3 ${stage.lab.internet}`,
  );
  assert.notEqual(closed.code, 0, closed.output);
});

test('CR9 an exported slice applied again is no difference', async () => {
  const text = await stage.client.slices.export('shop');
  assert.deepEqual((await stage.client.slices.plan({ text })).lines, []);
  const applied = await stage.client.slices.apply({ text });
  assert.equal(applied.task, null);
});

test('CR9 an edit of a running slice changes what it says and leaves the rest alone', async () => {
  const before = await stage.client.slices.get('shop');
  const untouched = await identities(before, 'db', 'log');
  const [web] = await identities(before, 'web');
  const planned = await stage.client.slices.plan({ file: edited });
  assert.deepEqual(
    planned.vms.map(({ name, kind }) => [name, kind]),
    [
      ['web', 'restart'],
      ['cache', 'create'],
    ],
  );
  const after = await stage.deploy(edited);
  assert.deepEqual(await identities(after, 'db', 'log'), untouched);
  const [webAfter] = await identities(after, 'web');
  assert.notEqual(webAfter?.pid, web?.pid, 'web runs anew with its memory');
  assert.deepEqual(webAfter?.nics, web?.nics);
  await using cache = await stage.shell('shop', 'cache');
  await cache.comesToReach('db');
});

test('CR9 a NIC added to a VM comes to it while it runs, as all others do', async () => {
  const untouched = await identities(await stage.client.slices.get('shop'), 'web', 'db', 'cache');
  const pid = await stage.pid('shop', 'log');
  const file = { ...edited, vms: { ...edited.vms, log: { nics: ['back', 'extra'] } } };
  const after = await stage.deploy(file);
  assert.deepEqual(await identities(after, 'web', 'db', 'cache'), untouched);
  assert.equal(await stage.pid('shop', 'log'), pid);
  await using log = await stage.shell('shop', 'log');
  await log.comesToReach('cache');
});

test('CR7 stop, start and restart act on one VM only', async () => {
  const others = await identities(await stage.client.slices.get('shop'), 'web', 'log', 'cache');
  const since = stage.events.now;
  await stage.done(await stage.client.vms.stop('shop', 'db'));
  assert.equal((await stage.client.vms.get('shop', 'db')).state, 'stopped');
  const stopped = await stage.events.next('vm.stopped', { after: since, vm: 'db' });
  assert.match(stopped.message, /powered-down/, 'the guest heard the power button');

  await stage.done(await stage.client.vms.start('shop', 'db'));
  await stage.addressed('shop');
  const first = await stage.pid('shop', 'db');
  await stage.done(await stage.client.vms.restart('shop', 'db'));
  await stage.addressed('shop');
  assert.notEqual(await stage.pid('shop', 'db'), first);
  assert.deepEqual(await identities(await stage.client.slices.get('shop'), 'web', 'log', 'cache'), others);
});

test('CR9 a removed VM is gone while the others run on', async () => {
  const { id, node } = await stage.client.vms.get('shop', 'cache');
  const others = await identities(await stage.client.slices.get('shop'), 'web', 'db', 'log');
  await stage.done(await stage.client.vms.remove('shop', 'cache'));
  assert.deepEqual(await identities(await stage.client.slices.get('shop'), 'web', 'db', 'log'), others);
  assert.equal(await stage.on(node, 'find /run/croft /var/lib/croft -name "$1"', id), '');
});

test('CR9 removing a slice leaves each host as it was, but for the cached image', async () => {
  const image = (await stage.client.images.get('micro')).content?.sha256;
  const { router } = await stage.client.slices.get('shop');
  await stage.remove('shop');
  assert.deepEqual(await stage.client.vms.list(), []);
  for (const [name, first] of atFirst) {
    const state = `/var/lib/croft/node/${stage.controllerId}`;
    const kept = [
      `${state}/images/${image}.raw`,
      ...(name === router?.node ? [`${state}/undo/ip-forward`, `${stage.runFolder}/routers`] : []),
    ];
    const now = await stage.lab.snapshot(stage.host(name));
    // Which of them passed the image on is not certain; they can go on to.
    const passedOn = [`${state}/serve-image`, `${state}/undo/authorized-keys`].filter((file) => now.files.includes(file));
    assert.deepEqual(now, { ...first, files: [...first.files, ...kept, ...passedOn].sort() }, `on ${name}`);
  }
});

test('CR9 CR11 a ring of three is deployed over the hosts, and neighbours reach each other by their links', async () => {
  const { vms, networks } = await stage.deploy({ slice: 'ring', topology: 'ring', size: 3, template });
  assert.equal(networks.length, 3);
  assert.ok(networks.every(({ link }) => link));
  assert.equal(new Set(vms.map(({ node }) => node)).size, 3);
  for (const vm of vms) {
    await using shell = await stage.shell('ring', vm.name);
    for (const { network } of vm.nics) {
      const peer = vms.find((one) => one !== vm && one.nics.some((nic) => nic.network === network));
      const address = peer?.nics.find((nic) => nic.network === network)?.address ?? '';
      await shell.comesToReach(peer?.name ?? '');
      const answer = await shell.must(`ping -c 1 -W 5 ${peer?.name}`);
      assert.match(answer, new RegExp(`from ${address.replaceAll('.', '\\.')}:`), `${vm.name} reaches ${peer?.name} by ${network}`);
    }
  }
  await stage.remove('ring');
});

test('CR1 nodes that are removed are as before they were adopted', async () => {
  for (const { name } of stage.lab.hosts) {
    await stage.client.nodes.remove(name);
    const { ports, nft, files, processes, namespaces } = await stage.lab.snapshot(stage.host(name));
    assert.deepEqual({ ports, nft, namespaces }, { ports: [], nft: [], namespaces: [] });
    assert.deepEqual(
      [...files, ...processes].filter((one) => one.includes(stage.controllerId)),
      [],
    );
    assert.equal((await stage.on(name, 'cat /proc/sys/net/ipv4/ip_forward')).trim(), '0');
  }
});
