/** Impairment of ports on a real Open vSwitch: a rate that really limits, repair, lifting, and a kernel that has no netem. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NodeNetwork, ObservedPort } from '../../src/drivers/network/driver.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { createOvsDriver } from '../../src/drivers/network/ovs/ovs.ts';
import { perform } from '../../src/host/host.ts';
import type { Impairment } from '../../src/model/network/impairment.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import type { PortPlan } from '../../src/model/node/plan.ts';
import { type Guest, startGuest } from './network-guest.ts';
import { abilities, layoutOn, portOf } from './network-plans.ts';
import { type PrivateHost, startPrivateHost } from './private-host.ts';

const none: Impairment = { delay: null, jitter: null, loss: null, rate: null };
const sender = portOf('sender', 10);
const free = portOf('free', 11);
const slow = { ...portOf('slow', 12), impairment: { ...none, rate: 2e6 } };
const slowTap = tapName(slow.nicId);

let on: PrivateHost;
let layout: ReturnType<typeof layoutOn>;
let driver: NodeNetwork;
let from: Guest;
let unlimited: Guest;
let limited: Guest;

before(async () => {
  on = await startPrivateHost('one');
  layout = layoutOn(on);
  driver = createOvsDriver().on({ host: on.host, layout, abilities });
  await driver.ensureUnderlay(underlayOf(layout));
  await attach(sender, free, slow);
  from = await guest('sender', sender);
  unlimited = await guest('free', free);
  limited = await guest('slow', slow);
});

after(async () => {
  await on.stop();
});

async function attach(...plans: PortPlan[]): Promise<void> {
  for (const { error } of await driver.attach(plans)) assert.equal(error, null);
}

async function guest(name: string, plan: PortPlan): Promise<Guest> {
  const made = await startGuest(on, name, plan);
  await made.sh('ip address add "$1/24" dev eth0', plan.address);
  return made;
}

async function observePort(plan: PortPlan): Promise<ObservedPort | undefined> {
  const [seen] = await perform(on.host, driver.observe());
  return seen.ports.find(({ nicId }) => nicId === plan.nicId);
}

const amount = 512 * 1024;

/** Milliseconds until the receiver has got `amount` bytes over TCP. */
async function transfer(to: Guest): Promise<number> {
  await from.until('ping -c1 -W1 "$1" >/dev/null', to.plan.address);
  const start = performance.now();
  const received = to.sh('timeout 60 socat -u TCP4-LISTEN:5000,reuseaddr - | wc -c');
  await from.sh('head -c "$2" /dev/zero | timeout 60 socat -u - "TCP4:$1:5000,retry=100,interval=0.05"', to.plan.address, String(amount));
  assert.equal(Number(await received), amount);
  return performance.now() - start;
}

test('CR11 a rate limits what reaches its port and no other, and lifting it lets the port go as fast again', async () => {
  const fast = await transfer(unlimited);
  const held = await transfer(limited);
  assert.ok(held >= 3 * fast, `limited: ${held} ms, unlimited: ${fast} ms`);
  await attach({ ...slow, impairment: null });
  assert.equal((await observePort(slow))?.healthy, true);
  assert.doesNotMatch(await on.sh('tc qdisc show dev "$1"', slowTap), /tbf/);
  const lifted = await transfer(limited);
  assert.ok(held >= 3 * lifted, `limited: ${held} ms, lifted: ${lifted} ms`);
});

test('CR11 making an impaired port again changes nothing, and another rate replaces the one before', async () => {
  const queue = () => on.sh('tc -json qdisc show dev "$1"', slowTap);
  await attach(slow);
  const first = await queue();
  assert.match(first, /"rate":250000\b/);
  await attach(slow);
  assert.equal(await queue(), first);
  await attach({ ...slow, impairment: { ...none, rate: 3e6 } });
  assert.match(await queue(), /"rate":375000\b/);
  assert.equal((await observePort(slow))?.healthy, true);
});

test('CR11 an impairment that was changed or removed on the node, or added to a port, is seen and repaired', async () => {
  await attach(slow);
  for (const [plan, script] of [
    [slow, 'tc qdisc delete dev "$1" root'],
    [slow, 'tc qdisc replace dev "$1" root handle 9: tbf rate 9mbit burst 16kb latency 50ms'],
    [free, 'tc qdisc replace dev "$1" root tbf rate 9mbit burst 16kb latency 50ms'],
    [slow, 'ovs-vsctl del-port "$1"'],
  ] as const) {
    await on.sh(script, tapName(plan.nicId));
    assert.notEqual((await observePort(plan))?.healthy, true, script);
    await attach(plan);
    assert.equal((await observePort(plan))?.healthy, true, script);
  }
  assert.match(await on.sh('tc qdisc show dev "$1"', slowTap), /tbf .* rate 2Mbit/);
  assert.doesNotMatch(await on.sh('tc qdisc show dev "$1"', tapName(free.nicId)), /tbf/);
});

/** Whether the kernel delays and loses frames, tried on a tap of its own. */
async function hasNetem(): Promise<boolean> {
  await on.sh('ip tuntap add dev trial0 mode tap');
  const has = await on.succeeds('tc qdisc add dev trial0 root netem delay 1ms');
  await on.sh('ip link delete dev trial0');
  return has;
}

test('CR11 delay and loss are applied to what reaches their port', async (t) => {
  if (!(await hasNetem())) return t.skip('sch_netem is not in this kernel');
  const fast = roundTrip(await from.sh('ping -c3 -i0.2 "$1"', free.address));
  await attach({ ...slow, impairment: { ...none, delay: 200_000 } });
  assert.equal((await observePort(slow))?.healthy, true);
  assert.ok(roundTrip(await from.sh('ping -c3 -i0.2 "$1"', slow.address)) >= Math.max(200, fast));
  await attach({ ...slow, impairment: { ...none, loss: 100 } });
  assert.equal(await from.succeeds('ping -c3 -i0.2 -W1 "$1"', slow.address), false);
  await attach(slow);
  await from.until('ping -c1 -W1 "$1"', slow.address);
});

/** Least round trip of a ping, in milliseconds. */
function roundTrip(output: string): number {
  return Number(/= ([\d.]+)\//.exec(output)?.[1]);
}

test('CR11 a kernel without netem fails only the VM that asks for delay, and says what is missing', async (t) => {
  if (await hasNetem()) return t.skip('sch_netem is in this kernel');
  const late = { ...portOf('late', 20), impairment: { ...none, delay: 20_000 } };
  const prompt = portOf('prompt', 21);
  const outcomes = await driver.attach([late, prompt]);
  const error = outcomes.find(({ vmId }) => vmId === late.vmId)?.error;
  assert.equal(error?.code, 'network.port');
  assert.match(error?.message ?? '', new RegExp(`${tapName(late.nicId)} could not be impaired on node one .*tc said`));
  assert.match(error?.hint ?? '', /sch_netem/);
  assert.equal(outcomes.find(({ vmId }) => vmId === prompt.vmId)?.error, null);
  assert.equal(await on.succeeds('ip link show "$1"', tapName(late.nicId)), false, 'nothing of the VM that failed is left');
  assert.equal((await observePort(prompt))?.healthy, true);
});
