import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { zonePlaces } from '../../src/drivers/hypervisor/zones/names.ts';
import { run } from '../../src/host/host.ts';
import { ConsoleHub } from '../../src/loops/vm/console-hub.ts';
import { unobserved, type Vm } from '../../src/model/vm/vm.ts';
import { borrow, shortTimes, up } from '../contract/hypervisor-stage.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { newDriver, openZonesStage, type ZonesStage } from './zones-stage.ts';

let stage: ZonesStage;
before(async () => {
  stage = await openZonesStage();
});
after(() => stage?.[Symbol.asyncDispose]());

const open = (vmId: string): Promise<Duplex> => stage.driver.console(referenceTo(vmId));

/** All that comes from a console; `text` grows. */
function listen(console: Duplex): { text: string; ended: boolean } {
  const heard = { text: '', ended: false };
  console.on('data', (chunk: Buffer) => {
    heard.text += chunk.toString('latin1');
  });
  console.once('end', () => {
    heard.ended = true;
  });
  return heard;
}

/** Whether any zlogin of the VM's zone is left on the node. */
async function isAttended(vmId: string): Promise<boolean> {
  const { zone } = zonePlaces(stage.layout, vmId);
  return (await run(stage.host, { argv: ['pgrep', '-f', `zlogin\\.ts .*${zone}`] })).code === 0;
}

async function close(console: Duplex): Promise<void> {
  const closed = new Promise((resolve) => console.once('close', resolve));
  console.destroy();
  await closed;
}

test('SC11 every byte passes the console of a zone in both directions, from the first that is typed', async () => {
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  const console = await open(lent.vm.id);
  const heard = listen(console);
  const typed = Buffer.from([...Array.from({ length: 256 }, (_, value) => value), ...Buffer.from('\r\n~.\r\n~.')]);
  console.write(typed);
  await untilTrue(() => heard.text.includes(typed.toString('latin1')));
  const much = 'x'.repeat(200_000);
  console.write(much);
  await untilTrue(() => heard.text.endsWith(much));
  await close(console);
  await untilTrue(async () => !(await isAttended(lent.vm.id)));
});

test('SC11 the console of a zone ends when its VM does, however that ends, and opens again with the next start', async () => {
  await using lent = await borrow(stage);
  const { id } = lent.vm;
  for (const end of [
    () => stage.driver.stop(referenceTo(id), { ...shortTimes, powerdown: 60_000 }),
    () => stage.driver.kill(referenceTo(id)),
    () => stage.crash(id),
  ]) {
    await up(stage, lent.vm);
    const heard = listen(await open(id));
    await untilTrue(() => heard.text.includes('login: '));
    await end();
    await untilTrue(() => heard.ended);
    assert.match(heard.text, /NOTICE: Zone halted/);
    assert.equal(await isAttended(id), false);
  }
});

test('SC11 those who share the console of a zone see it end with its VM, and have a new one once that runs again', async () => {
  await using lent = await borrow(stage);
  const vm = { id: lent.vm.id, slice: 's', name: 'web', observed: { ...unobserved, state: 'running' } } as Vm;
  const hub = new ConsoleHub(({ id }) => open(id));
  for (const _ of [1, 2]) {
    await up(stage, lent.vm);
    const heard = (await Promise.all([hub.open(vm), hub.open(vm)])).map(listen);
    await untilTrue(() => heard.every(({ text }) => text.includes('login: ')));
    await stage.driver.kill(referenceTo(vm.id));
    await untilTrue(() => heard.every(({ ended }) => ended));
  }
});

test('SC11 a console that zoneadmd does not open in time is reported as such, and nothing is left of the attempt', async () => {
  const { host, layout, machine } = stage;
  await using lent = await borrow(stage);
  const { id } = lent.vm;
  await up(stage, lent.vm);
  await machine.change(({ faults }) => void faults.push('console'));
  const hasty = newDriver(machine, { reboot: 500, console: 500 }).on({ host, layout });
  const { zone } = zonePlaces(layout, id);
  await assert.rejects(hasty.console(referenceTo(id)), { code: 'command.timeout', node: 'omni', message: new RegExp(`${zone} on omni`) });
  await untilTrue(async () => !(await isAttended(id)));
  const viewer = new AbortController();
  const opening = stage.driver.console(referenceTo(id), viewer.signal);
  await untilTrue(() => isAttended(id));
  viewer.abort();
  await assert.rejects(opening, { name: 'AbortError' });
  await untilTrue(async () => !(await isAttended(id)));
  await machine.change((now) => void Object.assign(now, { faults: [] }));
  await close(await open(id));
});

test('SC11 a console that somebody else has is refused with who that is, and free once they leave', async () => {
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  const first = await open(lent.vm.id);
  await assert.rejects(open(lent.vm.id), { code: 'conflict.in-use', message: /process \d+$/, hint: /ps -fp \d+/ });
  await close(first);
  await close(await open(lent.vm.id));
});

test('SC11 a VM that does not run, or is not there, has no console, and nothing is left of the attempt', async () => {
  await using lent = await borrow(stage);
  await assert.rejects(open(lent.vm.id), { code: 'not-found', message: /does not run/ });
  await stage.driver.prepare(withLaunch(lent.vm, 's/a'));
  await assert.rejects(open(lent.vm.id), { code: 'not-found', message: /does not run/ });
  await untilTrue(async () => !(await isAttended(lent.vm.id)));
});

test('SC11 a console whose connection is lost leaves no zlogin behind', async () => {
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  const { zone, zonepath } = zonePlaces(stage.layout, lent.vm.id);
  const console = await open(lent.vm.id);
  const lost = new Promise((resolve) => console.once('error', resolve));
  assert.equal(await isAttended(lent.vm.id), true);
  // As sshd does with what is left of a connection: all its ends are closed, and nothing is killed.
  stage.machine.cut();
  await lost;
  await untilTrue(async () => !(await isAttended(lent.vm.id)));
  assert.match((await run(stage.host, { argv: ['zoneadm', '-z', zone, 'list', '-p'] })).stdout, new RegExp(`:running:${zonepath}:`));
  await close(await open(lent.vm.id));
});
