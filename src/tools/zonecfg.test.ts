import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CroftError } from '../model/error.ts';
import { attribute, changeZone, createZone, exportZone, type ZoneResource } from './zonecfg.ts';

const fs: ZoneResource = { kind: 'fs', properties: { dir: '/a.iso', special: '/a.iso', type: 'lofs' }, options: ['ro', 'nodevices'] };
const net: ZoneResource = { kind: 'net', properties: { physical: 'vnic0' } };

test('SC11 a zone is configured by commands in one argument, its values between quotes', () => {
  const { argv } = createZone('z', { zonepath: '/zones/z', brand: 'bhyve', resources: [attribute('disk0', 'p/v,serial=a b'), fs] }).command;
  assert.deepEqual(argv.slice(0, 3), ['zonecfg', '-z', 'z']);
  assert.deepEqual(argv[3]?.split('; '), [
    ...['create -b', 'set zonepath="/zones/z"', 'set brand="bhyve"', 'set autoboot=false', 'set ip-type=exclusive'],
    ...['add attr', 'set name="disk0"', 'set type="string"', 'set value="p/v,serial=a b"', 'end'],
    ...['add fs', 'set dir="/a.iso"', 'set special="/a.iso"', 'set type="lofs"', 'add options ro', 'add options nodevices', 'end'],
  ]);
});

test('SC11 a value that would end its quotes never becomes a command', () => {
  for (const value of ['a"; delete -F; "', 'a\nadd net', 'a\0']) {
    assert.throws(
      () => createZone('z', { zonepath: '/z', brand: 'bhyve', resources: [attribute('name', value)] }),
      (error) => error instanceof CroftError && error.code === 'input.invalid',
    );
  }
});

test('SC11 only what differs is changed, and what is the same is no call', () => {
  const [one, two] = [attribute('ram', '1G'), attribute('ram', '2G')];
  assert.equal(changeZone('z', [one, fs, net], [net, one, fs]), null);
  assert.deepEqual(changeZone('z', [one, net], [two, net])?.command.argv[3]?.split('; ').slice(0, 2), [
    'remove attr name="ram"',
    'add attr',
  ]);
  assert.equal(changeZone('z', [fs], [])?.command.argv[3], 'remove fs dir="/a.iso"');
});

test('SC11 an export is read with and without quotes; resources that Croft never makes are left out', () => {
  const lines = [
    ...['create -b', 'set zonepath=/zones/z', 'set brand=bhyve', 'set fs-allowed="a,b"'],
    ...['add fs', 'set dir=/a.iso', 'set special=/a.iso', 'set type=lofs', 'add options ro', 'add options nodevices', 'end'],
    ...['add net', 'set physical=vnic0', 'end', 'add rctl', 'set name=zone.max-lwps', 'end'],
    ...['add attr', 'set name=disk0', 'set type=string', 'set value="p/v,serial=a b"', 'end'],
  ];
  const parsed = exportZone('z').parse({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
  assert.deepEqual(parsed, [fs, net, attribute('disk0', 'p/v,serial=a b')]);
});

test('SC11 no zone is none, and anything else that zonecfg says is an error', () => {
  assert.equal(exportZone('z').parse({ code: 1, stdout: '', stderr: 'z: No such zone configured\n' }), null);
  assert.throws(() => exportZone('z').parse({ code: 1, stdout: '', stderr: 'z: invalid handle' }), {
    code: 'command.failed',
    message: /invalid handle/,
  });
});

test('SC11 any values but those that zonecfg cannot write are found again where they were put', () => {
  const value = fc.string({ unit: fc.constantFrom(...'abzAZ09 ,;=/._-[]()'), minLength: 1 }).map((text) => text.trim() || 'x');
  fc.assert(
    fc.property(value, (text) => {
      const [, , , commands = ''] = changeZone('z', [], [attribute('a', text)])?.command.argv ?? [];
      const stdout = commands.split(/; (?=set |end)/).join('\n');
      assert.deepEqual(exportZone('z').parse({ code: 0, stdout, stderr: '' }), [attribute('a', text)]);
    }),
  );
});
