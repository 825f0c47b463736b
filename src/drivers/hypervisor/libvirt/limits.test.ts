import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readScript } from '../../../host/script.ts';
import { limitsOf, probeLibvirt } from './limits.ts';

const limitFunctions = readScript(import.meta.url, 'scripts/limit-domain.sh');

/** The commands that virsh receives; it refuses them. */
function asked(cpus: number, memory: number | null, groupsOfNow: boolean): string {
  const root = mkdtempSync(path.join(tmpdir(), 'croft-limits-'));
  try {
    if (groupsOfNow) writeFileSync(path.join(root, 'cgroup.controllers'), 'cpu memory');
    const script = `set -eu\nvirsh_in() { echo "$2" >&3; return 1; }\n${limitFunctions}\nlimit_domain "$@" 3>&1`;
    return execFileSync('sh', ['-c', script, 'sh', root, 'uuid', ...limitsOf(cpus, memory)], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('SC11 a domain has a share of the processors by its CPUs, as the groups of its node count, and memory with room to spare', () => {
  const memory = '; memtune uuid --live --hard-limit 1703936';
  assert.equal(asked(3, 2 ** 30, false), `schedinfo uuid --live --set cpu_shares=3072${memory}`);
  assert.equal(asked(3, 2 ** 30, true), `schedinfo uuid --live --set cpu_shares=300${memory}`);
  assert.equal(asked(200, null, true), 'schedinfo uuid --live --set cpu_shares=10000');
});

test('SC11 what libvirt limits of VMs is what one that runs shows, and nothing where it shows none', () => {
  const probed = (more: string) =>
    probeLibvirt({ uri: 'qemu:///system', network: null }).parse({ code: 0, stdout: `Using library: libvirt 9.0.0\n${more}`, stderr: '' });
  assert.deepEqual(probed(''), { usable: true, version: '9.0.0', limits: [] });
  assert.deepEqual(probed('limits cpus\n'), { usable: true, version: '9.0.0', limits: ['cpus'] });
  assert.deepEqual(probed('limits memory\nlimits cpus\n'), { usable: true, version: '9.0.0', limits: ['memory', 'cpus'] });
});
