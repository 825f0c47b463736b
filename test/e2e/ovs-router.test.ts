/** Routers of slices on a real Open vSwitch with the userspace datapath: DHCP, DNS, translation, isolation, edits and repair. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NodeNetwork, ObservedRouter } from '../../src/drivers/network/driver.ts';
import { gatewayName, namespaceName, routerPortName, sliceTableName } from '../../src/drivers/network/names.ts';
import { createOvsDriver } from '../../src/drivers/network/ovs/ovs.ts';
import { perform } from '../../src/host/host.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { type Guest, startGuest, takeLease } from './network-guest.ts';
import { abilities, layoutOn, networkOf, portOf, routerOf } from './network-plans.ts';
import { type PrivateHost, startPrivateHost } from './private-host.ts';

const web = portOf('web', 10);
const db = portOf('db', 11);
const stranger = portOf('stranger', 10, 101);
const lonely = portOf('lonely', 12, 102);
const lan = networkOf('one', { web, db });
const wire = networkOf('one', { lonely }, { name: 'wire', internet: false, cidr: '10.79.0.0/24', gateway: '10.79.0.1' });
wire.leases = [{ mac: lonely.mac, address: '10.79.0.12', hostname: 'lonely' }];
const one = routerOf('one', 1, lan, wire);
const two = routerOf('two', 2, networkOf('two', { stranger }));

let on: PrivateHost;
let layout: ReturnType<typeof layoutOn>;
let driver: NodeNetwork;
let snapshot: string;
let guests: Record<'web' | 'db' | 'stranger' | 'lonely', Guest>;

const takeSnapshot = () =>
  on.sh(
    'ip -o link | sed "s/state.*//"; ip netns; nft list ruleset; ovs-vsctl show; cat /proc/sys/net/ipv4/ip_forward; ls "$1"',
    layout.stateFolder.replace(/\/[^/]*$/, ''),
  );

async function observeRouter(sliceId: string): Promise<ObservedRouter> {
  const [seen] = await perform(on.host, driver.observe());
  const router = seen.routers.find((each) => each.sliceId === sliceId);
  assert.ok(router, 'the router is observed');
  return router;
}

before(async () => {
  on = await startPrivateHost('one');
  layout = layoutOn(on);
  driver = createOvsDriver().on({ host: on.host, layout, abilities });
  await on.sh(internet, on.folder);
  snapshot = await takeSnapshot();
  await driver.ensureUnderlay(underlayOf(layout));
  const attached = await driver.attach([web, db, stranger, { ...lonely, address: '10.79.0.12' }]);
  assert.deepEqual(
    attached.map((outcome) => outcome.error),
    [null, null, null, null],
  );
  await driver.ensureRouter(one);
  await driver.ensureRouter(two);
  guests = {
    web: await startGuest(on, 'web', web),
    db: await startGuest(on, 'db', db),
    stranger: await startGuest(on, 'stranger', stranger),
    lonely: await startGuest(on, 'lonely', lonely),
  };
});

after(async () => {
  await on.stop();
});

/** A namespace that plays the internet: 198.51.100.2, with a web server that has a page of 2 MB and knows no way back but to the node. */
const internet = `
ip netns add internet
ip link add name out0 type veth peer name eth0 netns internet
ip address add 198.51.100.1/24 dev out0
ip link set dev out0 up
ip -n internet address add 198.51.100.2/24 dev eth0
ip -n internet link set dev eth0 up
ip -n internet link set dev lo up
mkdir -p "$1/www" "$1/state"
head -c 2000000 /dev/urandom >"$1/www/page"
nsenter --net=/run/netns/internet busybox httpd -p 80 -h "$1/www"
nsenter --net=/run/netns/internet dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --address=/out.example/198.51.100.9 --pid-file=/run/internet-dns.pid
echo 'nameserver 127.0.0.1
nameserver 198.51.100.2' >"$1/resolv.conf"
mount --bind "$1/resolv.conf" /etc/resolv.conf
`;

test('CR11 guests take the addresses planned for them by DHCP, with route and name server', async () => {
  assert.equal(await takeLease(on, guests.web), '10.77.0.10 10.77.0.1 10.77.0.1');
  assert.equal(await takeLease(on, guests.db), '10.77.0.11 10.77.0.1 10.77.0.1');
  const { leases } = await observeRouter(one.sliceId);
  assert.deepEqual(leases.map((lease) => lease.address).sort(), ['10.77.0.10', '10.77.0.11']);
  assert.ok(leases.every((lease) => lease.expiresAt > Date.now() && lease.expiresAt < Date.now() + 7_200_000));
});

test('CR11 a network without internet gives no default route and no way out', async () => {
  assert.equal(await takeLease(on, guests.lonely), '10.79.0.12 none 10.79.0.1');
  await guests.lonely.sh('ping -c1 -W2 10.79.0.1');
  assert.equal(await guests.lonely.succeeds('busybox nslookup -type=a out.example 10.79.0.1'), false);
  await guests.lonely.sh('ip route add default via 10.79.0.1');
  assert.equal(await guests.lonely.succeeds('ping -c1 -W1 198.51.100.2'), false);
  assert.equal(await guests.lonely.succeeds('ping -c1 -W1 10.77.0.10'), false, 'networks of a slice are not routed');
});

test('CR11 guests reach each other by name and the outside through address translation, TCP with sound checksums too', async () => {
  await guests.web.sh('ping -c1 -W2 10.77.0.1 && ping -c1 -W2 10.77.0.11');
  assert.match(await guests.web.sh('busybox nslookup db 10.77.0.1'), /10\.77\.0\.11/);
  await guests.web.sh('ping -c1 -W2 198.51.100.2');
  assert.match(await guests.web.sh('busybox nslookup -type=a out.example 10.77.0.1'), /198\.51\.100\.9/);
  const sums = await guests.web.sh(
    'timeout 10 busybox wget -q -O "$1/got" http://198.51.100.2/page && sha256sum <"$1/got" && sha256sum <"$1/www/page"',
    on.folder,
  );
  const [got, wanted] = sums.trim().split('\n');
  assert.equal(got, wanted);
});

test('CR17 two slices with one subnet do not see each other, their transit links or the node', async () => {
  assert.equal(await takeLease(on, guests.stranger), '10.77.0.10 10.77.0.1 10.77.0.1');
  await guests.stranger.sh('ping -c1 -W2 10.77.0.1 && ping -c1 -W2 198.51.100.2');
  assert.equal(await guests.stranger.succeeds('ping -c1 -W1 10.77.0.11'), false, 'db is in the other slice');
  assert.equal(await guests.stranger.succeeds('ping -c1 -W1 10.78.0.6'), false, "the other slice's router");
  await on.sh('nsenter --net=/proc/self/ns/net busybox httpd -p 8080 -h "$1/www"', on.folder);
  const fetch = 'timeout 2 busybox wget -q -O /dev/null "http://$1/page"';
  await on.sh(fetch, '198.51.100.1:8080');
  await guests.stranger.sh(fetch, '198.51.100.2');
  for (const address of ['198.51.100.1:8080', '10.78.0.9:8080']) {
    assert.equal(await guests.stranger.succeeds(fetch, address), false, address);
  }
  assert.equal(await guests.stranger.succeeds('busybox arping -c1 -w1 -I eth0 198.51.100.1'), false, "the node's stack answers on no port");
});

test('CR5 a router repaired twice is left as it is, and edits do not disturb other networks', async () => {
  const pids = () => on.sh('cat "$1"/routers/"$2"/*/pid', layout.runFolder, one.sliceId);
  const before = await pids();
  await driver.ensureRouter(one);
  const edited = { ...one, networks: [networkOf('one', { web, db, cache: portOf('cache', 13) }), wire] };
  await driver.ensureRouter(edited);
  assert.equal(await pids(), before, 'a new lease needs no new dnsmasq');
  await guests.web.until('busybox nslookup cache 10.77.0.1 | grep -q 10.77.0.13');
  await driver.ensureRouter({ ...edited, networks: [lan] });
  assert.equal(await on.succeeds('ip link show dev "$1"', routerPortName(wire.networkId)), false);
  assert.equal(await on.succeeds('test -e "$1/routers/$2/$3"', layout.runFolder, one.sliceId, wire.networkId), false);
  await guests.web.sh('ping -c1 -W2 10.77.0.1');
  await driver.ensureRouter(one);
  const seen = await observeRouter(one.sliceId);
  assert.deepEqual({ healthy: seen.healthy, hash: seen.hash }, { healthy: true, hash: planHash(one) });
});

test('CR17 faults of a router are seen and repaired', async () => {
  const namespace = namespaceName(layout.controllerId, one.sliceId);
  const table = sliceTableName(layout.controllerId, one.sliceId);
  const faults: [string, RegExp, string[]][] = [
    [
      'kill -9 "$(cat "$1")"; while kill -0 "$(cat "$1")"; do :; done 2>/dev/null',
      /dnsmasq of network lan does not run/,
      [`${layout.runFolder}/routers/${one.sliceId}/${lan.networkId}/pid`],
    ],
    ['ip -n "$1" link delete dev "$2"', /no gateway/, [namespace, gatewayName(lan.networkId)]],
    ['ovs-vsctl del-port "$1"', /not joined/, [routerPortName(lan.networkId)]],
    ['nft delete table ip "$1"', /translation on the node is gone/, [table]],
    ['nsenter --net="/run/netns/$1" nft flush ruleset', /packet filter is gone/, [namespace]],
    ['ip -n "$1" route delete default', /link to the node/, [namespace]],
    ['echo 0 >/proc/sys/net/ipv4/ip_forward', /forwarding is off/, []],
    ['ip netns delete "$1"', /namespace is gone/, [namespace]],
  ];
  for (const [script, fault, parameters] of faults) {
    await on.sh(script, ...parameters);
    const broken = await observeRouter(one.sliceId);
    assert.equal(broken.healthy, false, script);
    assert.match(broken.faults.join('; '), fault);
    await driver.ensureRouter(one);
    assert.deepEqual((await observeRouter(one.sliceId)).faults, [], script);
  }
  await guests.web.until('ping -c1 -W1 198.51.100.2 && busybox nslookup db 10.77.0.1');
});

test('CR17 a foreign dnsmasq on the address is named and left alive', async () => {
  const namespace = namespaceName(layout.controllerId, one.sliceId);
  const folder = `${layout.runFolder}/routers/${one.sliceId}/${lan.networkId}`;
  await on.sh(
    'kill "$(cat "$1/pid")"; while kill -0 "$(cat "$1/pid")"; do :; done 2>/dev/null; nsenter --net="/run/netns/$2" dnsmasq --conf-file=/dev/null --no-resolv --bind-interfaces --listen-address=10.77.0.1 --pid-file=/run/foreign.pid',
    folder,
    namespace,
  );
  const pid = (await on.sh('cat /run/foreign.pid')).trim();
  await assert.rejects(driver.ensureRouter(one), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, 'network.router');
    assert.match(error.message, new RegExp(`process ${pid} \\(dnsmasq\\) holds 10\\.77\\.0\\.1 port 53`));
    assert.match(error.hint ?? '', new RegExp(`kill ${pid}`));
    return true;
  });
  await on.sh('kill -0 "$1"', pid);
  assert.equal((await observeRouter(one.sliceId)).healthy, false);
  await on.sh('kill "$1"; while kill -0 "$1"; do :; done 2>/dev/null', pid);
  await driver.ensureRouter(one);
  assert.equal((await observeRouter(one.sliceId)).healthy, true);
});

test('CR17 a router that cannot be made leaves nothing behind, removal twice does no harm', async () => {
  const bad = routerOf('bad', 3, networkOf('bad', {}, { segment: 4999 }));
  await assert.rejects(driver.ensureRouter(bad), { code: 'network.router' });
  const [seen] = await perform(on.host, driver.observe());
  assert.deepEqual(seen.routers.map((router) => router.sliceId).sort(), [one.sliceId, two.sliceId].sort());
  for (const _ of ['once', 'twice']) await driver.removeRouter(two.sliceId);
  assert.equal(await guests.stranger.succeeds('ping -c1 -W1 10.77.0.1'), false);
  await guests.web.sh('ping -c1 -W2 198.51.100.2');
});

test('CR17 an interface of somebody else under a name of the router is named and left as it is', async () => {
  const network = networkOf('three', {}, { segment: 103 });
  const name = routerPortName(network.networkId);
  await on.sh('ip tuntap add dev "$1" mode tap', name);
  const before = await on.sh('ip -d link show "$1"', name);
  const failure = { code: 'network.router', message: `interface ${name} exists already and does not belong to this controller` };
  await assert.rejects(driver.ensureRouter(routerOf('three', 3, network)), failure);
  await driver.removeRouter(routerOf('three', 3).sliceId);
  assert.equal(await on.sh('ip -d link show "$1"', name), before);
  await on.sh('ip link delete dev "$1"', name);
});

test('CR17 after purge the node is as it was before', async () => {
  for (const guest of Object.values(guests)) await on.sh('ip netns delete "$1"', guest.name);
  for (const _ of ['once', 'twice']) await driver.purge();
  await on.sh('rmdir "$1"', layout.stateFolder).catch(() => undefined);
  assert.equal(await takeSnapshot(), snapshot);
  assert.equal(await on.sh('pgrep -x dnsmasq'), await on.sh('cat /run/internet-dns.pid'), 'no dnsmasq but that of the test');
});
