import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDependencies, parsePackages } from './packages.ts';

test('SC10 dependencies are the packages that apt names, not virtual ones nor their providers', () => {
  const output = 'dropbear-bin\n  Depends: libc6\n |Depends: a\n  Depends: <c-shell>\n    tcsh\nlibc6\n<c-shell>\nlibstdc++6\nlibc6:i386\n';
  assert.deepEqual(parseDependencies(output), ['dropbear-bin', 'libc6', 'libstdc++6']);
});

test('SC10 packages are known by name and checksum, sorted', () => {
  const output = 'Package: zlib1g\nVersion: 1\nSHA256: ff\nDescription: x\n more\n\nPackage: busybox-static\nSHA256: 00\n\n';
  assert.deepEqual(parsePackages(output), [
    { name: 'busybox-static', sha256: '00' },
    { name: 'zlib1g', sha256: 'ff' },
  ]);
});
