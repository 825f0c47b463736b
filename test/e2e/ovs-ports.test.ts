/** Ports of VMs and the bridge on a real Open vSwitch: labels, filters against spoofing, repair, and respect for what is foreign. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NodeNetwork, ObservedPort } from '../../src/drivers/network/driver.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { createOvsDriver } from '../../src/drivers/network/ovs/ovs.ts';
import { perform } from '../../src/host/host.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { readNodeSpecs } from '../../src/tools/node-specs.ts';
import { type Guest, startGuest } from './network-guest.ts';
import { abilities, layoutOn, portOf } from './network-plans.ts';
import { type PrivateHost, startPrivateHost } from './private-host.ts';

const sender = portOf('sender', 10);
const receiver = portOf('receiver', 11);

let on: PrivateHost;
let layout: ReturnType<typeof layoutOn>;
let driver: NodeNetwork;
let from: Guest;
let to: Guest;

async function observePort(name: string): Promise<ObservedPort | undefined> {
  const [seen] = await perform(on.host, driver.observe());
  return seen.ports.find((port) => port.name === name);
}

function driverFor(other: typeof layout): NodeNetwork {
  return createOvsDriver().on({ host: on.host, layout: other, abilities });
}

before(async () => {
  on = await startPrivateHost('one');
  layout = layoutOn(on);
  driver = driverFor(layout);
});

after(async () => {
  await on.stop();
});

test('CR5 the datapath is found out without leaving anything behind', async () => {
  const before = await on.sh('ovs-vsctl show; ip -o link; cat /proc/modules 2>/dev/null || true');
  const [{ datapath }] = await perform(on.host, readNodeSpecs(layout.stateFolder));
  const expected = (await on.succeeds('modprobe -n -q openvswitch || test -d /sys/module/openvswitch')) ? 'system' : 'netdev';
  assert.equal(datapath, expected);
  assert.equal(await on.sh('ovs-vsctl show; ip -o link; cat /proc/modules 2>/dev/null || true'), before);
});

test('CR10 ports of several VMs are made at once, and making them again changes nothing', async () => {
  await driver.ensureUnderlay(underlayOf(layout));
  for (const _ of ['once', 'twice']) {
    assert.deepEqual(await driver.attach([sender, receiver]), [
      { vmId: sender.vmId, error: null },
      { vmId: receiver.vmId, error: null },
    ]);
  }
  const [seen] = await perform(on.host, driver.observe());
  const expected = [sender, receiver].map((plan) => ({
    name: tapName(plan.nicId),
    nicId: plan.nicId,
    vmId: plan.vmId,
    healthy: true,
    hash: planHash(plan),
  }));
  const byName = (a: ObservedPort, b: ObservedPort) => a.name.localeCompare(b.name);
  assert.deepEqual(seen.ports.sort(byName), expected.sort(byName));
  assert.deepEqual(seen.underlay, { healthy: true, faults: [], hash: planHash(underlayOf(layout)) });
  from = await startGuest(on, 'sender', sender);
  to = await startGuest(on, 'receiver', receiver);
  await from.sh('ip address add 10.77.0.10/24 dev eth0');
  await to.sh('ip address add 10.77.0.11/24 dev eth0');
  await from.sh('ping -c1 -W2 10.77.0.11');
});

/** Counts, as they arrive at the receiver, frames that no honest sender sends. */
const counting = `
nft -f - <<end
table netdev spoofed {
  counter frames {}
  chain arrival {
    type filter hook ingress device eth0 priority 0
    ether saddr != $1 ether saddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 counter name frames
    ether type ip ip saddr != 10.77.0.10 counter name frames
    ether type arp arp saddr ip != 10.77.0.10 counter name frames
    ether type ip6 counter name frames
    ip protocol 253 counter name frames
    udp sport 67 counter name frames
  }
}
end
`;

/** A frame from the sender's own MAC and address that carries IP protocol 253, as printf's octal escapes. */
function experimentalFrame(...tag: number[]): string {
  const mac = (text: string) => text.split(':').map((byte) => Number.parseInt(byte, 16));
  const packet = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 10, 77, 0, 10, 10, 77, 0, 11];
  const frame = [...mac(receiver.mac), ...mac(sender.mac), ...tag, 0x08, 0x00, ...packet, ...Array<number>(30).fill(0)];
  return frame.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

const sendFrame = 'printf "$3" | socat -u - INTERFACE:eth0';

test('CR17 frames with a foreign MAC or address, of a DHCP server, of IPv6 or with a tag do not leave the port', async () => {
  await to.sh(counting, sender.mac);
  const attempts: [string, string][] = [
    [
      'address',
      'ip address add 10.77.0.66/24 dev eth0; ip neigh replace 10.77.0.11 lladdr "$1" dev eth0; ping -c1 -W1 -I 10.77.0.66 10.77.0.11; ip address del 10.77.0.66/24 dev eth0',
    ],
    ['ARP', 'busybox arping -U -c1 -w1 -I eth0 -s 10.77.0.1 10.77.0.1'],
    ['DHCP server', 'echo lease | socat -u - UDP4-DATAGRAM:10.77.0.255:68,bind=10.77.0.10:67,broadcast'],
    ['IPv6', 'echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; ping -6 -c1 -W1 ff02::1%eth0'],
    ['tag', sendFrame],
    [
      'MAC',
      'ip link set dev eth0 address 02:00:00:00:66:66; ip neigh replace 10.77.0.11 lladdr "$1" dev eth0; ping -c1 -W1 10.77.0.11; ip link set dev eth0 address "$2"',
    ],
  ];
  for (const [what, script] of attempts) {
    await from.sh(`{ ${script}; } >/dev/null 2>&1; true`, receiver.mac, sender.mac, experimentalFrame(0x81, 0x00, 0, sender.segment));
    await from.until('ping -c1 -W1 10.77.0.11');
    assert.match(await to.sh('nft list counter netdev spoofed frames'), /packets 0 /, what);
  }
});

test('CR17 the counters of the spoofing test do see such frames where nothing filters them', async () => {
  await on.sh('ovs-ofctl add-flow br-croft "priority=2000,actions=NORMAL"');
  const arrived = '! nft list counter netdev spoofed frames | grep -q "packets 0 "';
  await from.sh('busybox arping -U -c1 -w1 -I eth0 -s 10.77.0.1 10.77.0.1 >/dev/null; true');
  await to.until(arrived);
  await to.sh('nft reset counter netdev spoofed frames');
  await from.sh(sendFrame, '', '', experimentalFrame());
  await to.until(arrived);
  await on.sh('ovs-ofctl --strict del-flows br-croft priority=2000');
});

test("CR17 a guest does not reach the node's own IP stack through its tap", async () => {
  await on.sh('ip address add 10.77.0.99/32 dev lo');
  const mac = (await on.sh('ip -o link show dev "$1" | sed "s/.*ether \\([0-9a-f:]*\\).*/\\1/"', tapName(sender.nicId))).trim();
  const hidden = 'ip neigh replace 10.77.0.99 lladdr "$1" dev eth0; ping -c1 -W1 10.77.0.99';
  assert.equal(await from.succeeds(hidden, mac), false);
  assert.equal(await from.succeeds('busybox arping -c1 -w1 -I eth0 10.77.0.99'), false);
  await on.sh('ip address delete 10.77.0.99/32 dev lo');
});

test('CR17 faults of a port are seen and repaired', async () => {
  const name = tapName(sender.nicId);
  const faults = [
    'ovs-vsctl del-port "$1"',
    'ovs-ofctl del-flows br-croft "in_port=$1"',
    'ovs-vsctl set Port "$1" tag=7',
    'ip link set dev "$1" down',
  ];
  for (const script of faults) {
    await on.sh(script, name);
    assert.notEqual((await observePort(name))?.healthy, true, script);
    assert.deepEqual(await driver.attach([sender]), [{ vmId: sender.vmId, error: null }]);
    assert.equal((await observePort(name))?.healthy, true, script);
    await from.until('ping -c1 -W1 10.77.0.11');
  }
});

test('CR17 flows that a restart of ovs-vswitchd lost are seen and set again', async () => {
  await on.sh(
    'kill "$(cat /run/openvswitch/ovs-vswitchd.pid)"; while pgrep -x ovs-vswitchd >/dev/null; do :; done; ovs-vswitchd --pidfile=/run/openvswitch/ovs-vswitchd.pid -vconsole:off --detach',
  );
  assert.equal((await observePort(tapName(sender.nicId)))?.healthy, false);
  await driver.attach([sender, receiver]);
  assert.equal((await observePort(tapName(sender.nicId)))?.healthy, true);
  await from.until('ping -c1 -W1 10.77.0.11');
});

test('CR17 a tap or port of somebody else fails only its VM and is left as it is', async () => {
  const taken = portOf('taken', 20);
  const free = portOf('free', 21);
  const name = tapName(taken.nicId);
  for (const [make, remove] of [
    ['ip tuntap add dev "$1" mode tap', 'ip link delete "$1"'],
    ['ovs-vsctl add-port br-croft "$1" -- set Interface "$1" type=internal', 'ovs-vsctl del-port "$1"'],
  ] as const) {
    await on.sh(make, name);
    const before = await on.sh('ip -d link show "$1"; ovs-vsctl show', name);
    const outcomes = await driver.attach([taken, free]);
    const error = outcomes.find((outcome) => outcome.vmId === taken.vmId)?.error;
    assert.equal(error?.code, 'network.port');
    assert.match(error?.message ?? '', new RegExp(`${name} exists already and does not belong to this controller`));
    assert.equal(outcomes.find((outcome) => outcome.vmId === free.vmId)?.error, null);
    await driver.detach([name, tapName(free.nicId)]);
    assert.equal(await on.sh('ip -d link show "$1"; ovs-vsctl show', name), before);
    await on.sh(remove, name);
  }
});

test('CR10 a port that cannot be made fails only its VM, and nothing of that VM is left', async () => {
  const bad = { ...portOf('bad', 30), segment: 4999 };
  const half = { ...portOf('half', 31), vmId: bad.vmId };
  const good = portOf('good', 32);
  const outcomes = await driver.attach([half, bad, good]);
  assert.equal(outcomes.find((outcome) => outcome.vmId === good.vmId)?.error, null);
  assert.match(outcomes.find((outcome) => outcome.vmId === bad.vmId)?.error?.message ?? '', /ovs-vsctl said/);
  for (const plan of [bad, half]) assert.equal(await on.succeeds('ip link show "$1"', tapName(plan.nicId)), false);
  for (const _ of ['once', 'twice']) await driver.detach([tapName(good.nicId)]);
  assert.equal(await observePort(tapName(good.nicId)), undefined);
});

test('CR5 an uplink that is missing or on another bridge is refused, a good one joins as a trunk', async () => {
  await on.sh(
    'ovs-vsctl add-br br-other -- set Bridge br-other datapath_type=netdev; ip link add name up0 type veth peer name up1; ovs-vsctl add-port br-other up0',
  );
  const refused = (uplink: string, message: RegExp) =>
    assert.rejects(
      driverFor({ ...layout, uplink }).ensureUnderlay(underlayOf({ ...layout, uplink })),
      (error: Error & { code?: string }) => error.code === 'network.port' && message.test(error.message),
    );
  await refused('none0', /there is no such interface/);
  await refused('up0', /it is on bridge br-other/);
  const joined = { ...layout, uplink: 'up1' };
  const withUplink = driverFor(joined);
  for (const _ of ['once', 'twice']) await withUplink.ensureUnderlay(underlayOf(joined));
  const [seen] = await perform(on.host, withUplink.observe());
  assert.deepEqual(seen.underlay, { healthy: true, faults: [], hash: planHash(underlayOf(joined)) });
  await on.sh('ovs-ofctl del-flows br-croft in_port=up1');
  const [deaf] = await perform(on.host, withUplink.observe());
  assert.deepEqual(deaf.underlay.faults, ['uplink up1 has no flow'], 'a trunk without its flow is no trunk');
  await withUplink.purge();
  assert.equal(await on.succeeds('ovs-vsctl br-exists br-croft'), false);
  await on.sh('ip link delete dev up1; ovs-vsctl del-br br-other');
});

test("CR17 somebody else's bridge is used, and left as it was", async () => {
  const foreign = { ...layout, bridge: 'br-int' };
  const elsewhere = driverFor(foreign);
  await on.sh(
    'ovs-vsctl add-br br-int -- set Bridge br-int datapath_type=netdev; ovs-ofctl add-flow br-int "cookie=0x5,priority=7,actions=NORMAL"',
  );
  const picture = () =>
    on.sh(
      'ovs-vsctl show; ovs-vsctl --columns=external_ids,fail_mode list Bridge br-int; ovs-ofctl --no-stats dump-flows br-int; ip -o link | sed "s/state.*//"; nft list ruleset',
    );
  const before = await picture();
  await elsewhere.ensureUnderlay(underlayOf(foreign));
  assert.deepEqual(await elsewhere.attach([portOf('tenant', 40)]), [{ vmId: portOf('tenant', 40).vmId, error: null }]);
  for (const _ of ['once', 'twice']) await elsewhere.purge();
  assert.equal(await picture(), before);
});

test('CR5 without Open vSwitch the node is unfit, and the error says what to do', async () => {
  await on.sh('kill "$(cat /run/openvswitch/ovsdb-server.pid)"; while pgrep -x ovsdb-server >/dev/null; do :; done');
  await assert.rejects(driver.ensureUnderlay(underlayOf(layout)), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, 'node.unfit');
    assert.match(error.hint ?? '', /systemctl start openvswitch-switch/);
    return true;
  });
  await on.sh('kill "$(cat /run/openvswitch/ovs-vswitchd.pid)"; while pgrep -x ovs-vswitchd >/dev/null; do :; done');
  const [{ datapath, tools }] = await perform(on.host, readNodeSpecs(layout.stateFolder));
  assert.deepEqual([datapath, tools['ovs-vswitchd']], [null, null]);
});
