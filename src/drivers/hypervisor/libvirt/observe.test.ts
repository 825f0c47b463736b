import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeLayout } from '../../../../test/support/node.ts';
import { readGuestInfo } from './guest.ts';
import { parseObserved } from './observe.ts';
import { readEvent } from './watch.ts';

const layout = nodeLayout({ controllerId: 'aaaabbbb' });
const id = 'abcdefghijklmnop';
const record = JSON.stringify({ hash: 'h', label: 's/v' });
const started = '1700000000 h 1900000000 4096';
const own = `<of ${id}><vm controller="aaaabbbb" id="${id}"/>\n`;

interface Seen {
  pid?: string;
  ended?: string;
  notes?: string;
  started?: string;
  record?: string;
  domain?: string;
  noted?: string;
  metadata?: string;
}

function observe(seen: Seen) {
  const vm = ['vm', id, seen.pid ?? '', seen.ended ?? '', seen.notes ?? '', seen.started ?? '', seen.record ?? record];
  const domain = seen.domain === undefined ? '' : `domain\t${id}\t${seen.domain}\n`;
  const noted = seen.noted === undefined ? '' : `ended\t${id}\t${seen.noted}\n`;
  const stdout = `${vm.join('\t')}\n${domain}${noted}${seen.metadata ?? (domain === '' ? '' : own)}`;
  const [found] = parseObserved(layout, { code: 0, stdout, stderr: '' });
  return found;
}

test('CR7 a domain that runs has its pid, its start and the launch that it runs from', () => {
  const running = { id, state: 'running', pid: 7, startedAt: 1_700_000_000_000, memory: 4096, launchHash: 'h', exitCode: null };
  assert.deepEqual(observe({ pid: '7', started, domain: '1\t1' }), running);
  assert.equal(observe({ pid: '7', started: '1700000000 h 1900000000', domain: '1\t1' })?.memory, null, 'of an earlier version of Croft');
  assert.deepEqual(observe({ pid: '7', started, domain: '3\t1' }), { ...running, state: 'paused' });
  assert.deepEqual(observe({ pid: '7', started, domain: '3\t5' }), { ...running, state: 'paused', halted: 'disk-full' });
  assert.deepEqual(observe({ pid: '7', started, domain: '1\t1', notes: ' frozen' }), { ...running, frozen: true });
  for (const notes of [' stopping', ' reverting'])
    assert.deepEqual(observe({ pid: '7', started, domain: '1\t1', notes }), { ...running, cutOff: true });
  for (const passing of ['3\t9', '3\t11', '4\t1', '2\t0', '7\t1'])
    assert.equal(observe({ pid: '7', started, domain: passing })?.state, 'running');
});

test('CR7 how a domain ended: powered off, crashed, wanted, lost with its node, or for an earlier launch', () => {
  const end = (seen: Seen) => {
    const { state, exitCode } = observe(seen) ?? {};
    return [state, exitCode];
  };
  assert.deepEqual(end({ started, domain: '5\t1', noted: `0 ${started}` }), ['stopped', 0]);
  assert.deepEqual(end({ started, domain: '5\t0', ended: `0 ${started}` }), ['stopped', 0]);
  assert.deepEqual(end({ started, domain: '5\t3', noted: `crashed ${started}` }), ['failed', null]);
  assert.deepEqual(end({ started, domain: '5\t1', noted: `0 ${started}`, notes: ' stopping' }), ['stopped', null]);
  assert.deepEqual(end({ started, domain: '5\t0' }), ['failed', null]);
  assert.deepEqual(end({ started: started.replace(' h ', ' other '), domain: '5\t1', noted: `0 ${started}` }), ['stopped', null]);
  assert.deepEqual(end({ ended: '0 h' }), ['stopped', 0], 'as it was brought from another node');
  assert.deepEqual(end({}), ['stopped', null]);
  assert.deepEqual(end({ record: '' }), ['preparing', null]);
});

test("CR7 a domain without this controller's metadata says nothing of the VM", () => {
  for (const metadata of ['', own.replace('aaaabbbb', 'ccccdddd'), own.replace(`id="${id}"`, 'id="qrstuvwxyz234567"')]) {
    assert.equal(observe({ domain: '1\t1', metadata })?.state, 'stopped');
  }
  const stdout = `domain\t${id}\t1\t1\n${own}`;
  const [stranger] = parseObserved(layout, { code: 0, stdout, stderr: '' });
  assert.equal(stranger?.state, 'running', 'one of ours is seen without its folder too');
});

test('CR7 a libvirt that does not answer is distinguished from a missing one', () => {
  const failed = (code: number, stderr: string) => () => parseObserved(layout, { code, stdout: '', stderr });
  assert.throws(failed(124, ''), { code: 'command.timeout', hint: /libvirt/ });
  assert.throws(failed(45, "error: failed to connect to the hypervisor\nerror: Failed to connect socket to 'x'"), {
    code: 'node.unfit',
    message: /Failed to connect socket/,
  });
});

test('SC11 events of libvirt are read, and those of others left', () => {
  const line = (event: string, name = id) =>
    `2026-11-21 11:39:32.843+0000: event '${event.split(':')[0]}' for domain '${name}'${event.slice(event.indexOf(':'))}`;
  const kind = (event: string) => readEvent(line(event))?.kind ?? null;
  assert.deepEqual(
    [
      'Started Booted',
      'Suspended Paused',
      'Resumed Unpaused',
      'Stopped Shutdown',
      'Stopped Destroyed',
      'Stopped Failed',
      'Defined Added',
    ].map((detail) => kind(`lifecycle: ${detail}`)),
    ['started', 'paused', 'resumed', 'stopped', 'stopped', 'crashed', null],
  );
  assert.deepEqual(readEvent(`x: event 'reboot' for domain '${id}'`), { vmId: id, kind: 'rebooted' });
  assert.equal(readEvent(line('lifecycle: Started Booted', 'debian')), null);
  assert.equal(readEvent('nonsense'), null);
});

test('SC11 what a guest says of itself is cut to sane sizes and taken for an address only where it is one', () => {
  const said = [
    'os.pretty-name       : Debian\u0007 12',
    `hostname             : ${'h'.repeat(400)}`,
    ...['if.count             : 1', 'if.0.name            : eth0', 'if.0.hwaddr          : 02:00:00:00:00:01'],
    ...['if.0.addr.count      : 2', 'if.0.addr.0.addr     : 10.0.0.2', 'if.0.addr.1.addr     : rm -rf'],
  ];
  const report = readGuestInfo(said.join('\n'));
  assert.deepEqual([report?.operatingSystem, report?.hostname?.length], ['Debian 12', 253]);
  assert.deepEqual(report?.addresses, [{ nic: 'eth0', mac: '02:00:00:00:00:01', address: '10.0.0.2' }]);
  assert.equal(readGuestInfo(''), null);
});
