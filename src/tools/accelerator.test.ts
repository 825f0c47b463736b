import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAccelerator } from './accelerator.ts';
import { countingSector, exitCode } from './boot-sector.ts';

const verdict = (...lines: string[]) => parseAccelerator({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });

test('CR1 KVM is used only where a guest ran under it, in time, and VMs may open the device', () => {
  assert.equal(verdict('present', 'yes', String(exitCode)).kind, 'kvm');
  assert.match(verdict('present', 'no', String(exitCode)).reason, /group kvm/);
  assert.match(verdict('present', 'yes', '137').reason, /did not end/);
  assert.match(verdict('present', 'yes', '134', 'failed to set MSR').reason, /failed to set MSR/);
  assert.match(verdict('missing').reason, /no \/dev\/kvm/);
  assert.match(verdict('no-qemu').reason, /not installed/);
});

test('CR1 a measurement that could not be made is an error, not a verdict', () => {
  assert.throws(() => parseAccelerator({ code: 1, stdout: '', stderr: 'disk full' }), { code: 'command.failed', message: /disk full/ });
});

test('CR1 the boot sector counts and then leaves', () => {
  const sector = countingSector();
  assert.equal(sector.length, 512);
  assert.equal(sector.subarray(0, 17).toString('hex'), '66b980f0fa02664975fcb010e6f4f4ebfd');
  assert.deepEqual([...sector.subarray(510)], [0x55, 0xaa]);
});
