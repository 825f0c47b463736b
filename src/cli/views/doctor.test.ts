import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint } from '../output/paint.ts';
import { doctorText } from './doctor.ts';

const paint = createPaint(false);
const detail = 'libvirt cannot be used: failed to connect to the hypervisor; Failed to connect socket to /var/run/libvirt/libvirt-sock';
const checks = [
  { name: 'login', ok: true, detail: 'root on Debian', fix: null },
  { name: 'hypervisor', ok: false, detail, fix: null },
];

test('CR2 what the doctor found wrong is read to its end on a narrow terminal too, and takes one line on a wide one', () => {
  const wide = doctorText({ nodes: [{ node: 'n1', checks }] }, { width: 200, now: 0, paint });
  assert.equal(wide.split('\n')[2], `n1    hypervisor  missing  ${detail}`);
  for (const width of [80, 60]) {
    const lines = doctorText({ nodes: [{ node: 'n1', checks }] }, { width, now: 0, paint }).split('\n');
    assert.ok(lines.every((line) => line.length <= width));
    assert.match(lines[2] ?? '', /^n1 {4}hypervisor {2}missing {2}libvirt cannot/);
    const words = lines.slice(2).map((line, index) => (index === 0 ? line.slice(27) : line.trim()));
    assert.equal(words.join(' '), detail);
  }
});

test('CR2 the doctor ends with the repairs of what is missing', () => {
  const missing = { name: 'qemu', ok: false, detail: 'is not installed', fix: 'apt-get install qemu' };
  const text = doctorText({ nodes: [{ node: 'n1', checks: [missing] }] }, { width: 200, now: 0, paint });
  assert.match(
    text,
    /\nTo install or repair what is missing:\n {2}n1: qemu: apt-get install qemu\nor let `croft node doctor NODE --fix` do it\.$/,
  );
});
