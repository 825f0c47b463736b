/** What is wrong in a slice file is refused where it stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertIssue, context, issuesOf } from '../../../test/support/slice-text.ts';
import { storedImages } from '../../../test/support/stored-images.ts';
import { CroftError } from '../error.ts';
import { usualTraits } from '../image/definition.ts';
import { gibibyte } from '../vm/flavor.ts';
import { readSliceFile } from './document.ts';
import { normaliseSlice } from './normalise.ts';

const vm = (fields: string): string => `{slice: a, networks: {lan: {cidr: 10.1.0.0/24}}, vms: {web: {image: micro, ${fields}}}}`;
const network = (fields: string): string => `{slice: a, networks: {lan: {${fields}}}}`;
const link = (ends: string, vms: string): string => `{slice: a, networks: {lan: {}, wire: {link: [${ends}]}}, vms: {${vms}}}`;

const wrong: [string, string, string, RegExp][] = [
  ['CR9 an unknown image', '{slice: a, vms: {web: {image: micr}}}', 'vms.web.image', /unknown image or alias "micr": did you mean micro\?/],
  ['CR9 no image', '{slice: a, vms: {web: {}}}', 'vms.web', /has no image/],
  ['CR9 an unknown flavor', vm('flavor: smal'), 'vms.web.flavor', /did you mean small\?/],
  ['CR9 an unknown network', vm('nics: [lam]'), 'vms.web.nics.0', /unknown network "lam": did you mean lan\?/],
  ['CR9 an unknown key', vm('imag: x'), 'vms.web.imag', /unknown key "imag": did you mean image\?/],
  ['CR9 an unknown key of a NIC', vm('nics: [{network: lan, adress: 10.1.0.5}]'), 'vms.web.nics.0.adress', /did you mean address\?/],
  ['CR9 an unknown topology', '{slice: a, topology: rin, size: 3}', 'topology', /did you mean ring\?/],
  ['CR9 a topology that is a list', '{slice: a, topology: [ring], size: 3}', 'topology', /must be one of ring, /],
  ['CR9 a topology without size', '{slice: a, topology: ring}', 'topology', /needs a size/],
  ['CR9 a topology too large', '{slice: a, topology: mesh, size: 10}', 'size', /a mesh has 2 to 9 VMs, not 10/],
  ['CR9 zero CPUs', vm('cpus: 0'), 'vms.web.cpus', /must be at least 1/],
  ['CR9 absurdly many CPUs', vm('cpus: 513'), 'vms.web.cpus', /must be at most 512/],
  ['CR9 zero memory', vm('memory: 0MiB'), 'vms.web.memory', /not between 32MiB and 4TiB/],
  ['CR9 absurd memory', vm('memory: 999999TiB'), 'vms.web.memory', /not between|a size is/],
  ['CR9 memory without a unit', vm('memory: 256'), 'vms.web.memory', /a number with its unit/],
  ['CR9 an absurd disk', vm('disk: 65TiB'), 'vms.web.disk', /not between 1MiB and 64TiB/],
  ['CR9 a negative count', vm('count: -1'), 'vms.web.count', /must be at least 1/],
  ['CR9 too many VMs', '{slice: a, vms: {a: {image: micro, count: 500}, b: {image: micro, count: 500}, c: {image: micro}}}', 'vms', /1001/],
  ['CR9 a count that makes a name twice', '{slice: a, vms: {a: {image: micro, count: 2}, a-2: {image: micro}}}', 'vms.a.count', /"a-2"/],
  ['CR9 user-data that is no script', vm('userData: reboot'), 'vms.web.userData', /starts with "#!"/],
  ['CR9 a private key', vm('sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]'), 'vms.web.sshKeys.0', /not an OpenSSH public key/],
  [
    'CR9 a damaged public key',
    vm(`sshKeys: ["ssh-ed25519 ${'A'.repeat(68)} me"]`),
    'vms.web.sshKeys.0',
    /its content is not of type ssh-ed25519/,
  ],
  ['CR17 a name that is a command', '{slice: "a$(reboot)"}', 'slice', /a name starts with a letter/],
  ['CR17 a VM name that is a command', '{slice: a, vms: {"a$(reboot)": {image: micro}}}', 'vms."a$(reboot)"', /a name starts/],
  ['CR9 a name of 300 characters', `{slice: ${'a'.repeat(300)}}`, 'slice', /at most 63 characters/],
  ['CR9 a non-ASCII name', '{slice: a, vms: {bücher: {image: micro}}}', 'vms."bücher"', /a name starts/],
  ['CR17 a name with control characters', '{slice: a, vms: {"a\\e[2J": {image: micro}}}', 'vms."a\\u001b[2J"', /a name starts/],
  ['CR17 a key __proto__', '{slice: a, vms: {__proto__: {image: micro}}}', 'vms.__proto__', /not allowed/],
  ['CR11 a subnet that is none', network('cidr: 10.0.0/24'), 'networks.lan.cidr', /not an IPv4 subnet/],
  ['CR11 host bits', network('cidr: 10.0.0.7/24'), 'networks.lan.cidr', /the subnet is 10\.0\.0\.0\/24/],
  ['CR11 a prefix too long', network('cidr: 10.0.0.0/30'), 'networks.lan.cidr', /not between \/8 and \/29/],
  ['CR11 a prefix too short', network('cidr: 16.0.0.0/7'), 'networks.lan.cidr', /not between \/8 and \/29/],
  ['CR11 loopback', network('cidr: 127.1.0.0/24'), 'networks.lan.cidr', /loopback/],
  ['CR11 multicast', network('cidr: 239.0.0.0/24'), 'networks.lan.cidr', /multicast/],
  ['CR11 link-local', network('cidr: 169.254.0.0/24'), 'networks.lan.cidr', /link-local/],
  ['CR11 this network', network('cidr: 0.0.0.0/8'), 'networks.lan.cidr', /"this network"/],
  ['CR11 the transit range', network('cidr: 100.80.0.0/24'), 'networks.lan.cidr', /used by Croft/],
  [
    'CR11 overlapping subnets',
    '{slice: a, networks: {lan: {cidr: 10.0.0.0/16}, wan: {cidr: 10.0.9.0/24}}}',
    'networks.wan.cidr',
    /overlaps 10\.0\.0\.0\/16 of network lan/,
  ],
  [
    'CR11 a subnet too small',
    '{slice: a, networks: {lan: {cidr: 10.0.0.0/29}}, vms: {web: {image: micro, nics: [lan], count: 6}}}',
    'networks.lan.cidr',
    /too small: it has 6 usable addresses and needs 7/,
  ],
  ['CR11 a gateway outside', network('cidr: 10.0.0.0/24, gateway: 10.0.1.1'), 'networks.lan.gateway', /not a usable address/],
  ['CR11 the network address', vm('nics: [{network: lan, address: 10.1.0.0}]'), 'vms.web.nics.0.address', /not a usable address/],
  ['CR11 the broadcast address', vm('nics: [{network: lan, address: 10.1.0.255}]'), 'vms.web.nics.0.address', /not a usable address/],
  ['CR11 the gateway address', vm('nics: [{network: lan, address: 10.1.0.1}]'), 'vms.web.nics.0.address', /gateway of network lan/],
  ['CR11 an address twice', vm('count: 2, nics: [{network: lan, address: 10.1.0.9}]'), 'vms.web.nics.0.address', /given twice/],
  ['CR11 a MAC twice', vm('count: 2, nics: [{network: lan, mac: 52:54:00:12:34:56}]'), 'vms.web.nics.0.mac', /given twice/],
  ['CR11 a multicast MAC', vm('nics: [{network: lan, mac: 53:54:00:12:34:56}]'), 'vms.web.nics.0.mac', /multicast/],
  ['CR11 a NIC that is no NIC', vm('nics: [7]'), 'vms.web.nics.0', /a NIC is the name of its network/],
  ['CR11 two NICs in one network', vm('nics: [lan, lan]'), 'vms.web.nics.1', /already/],
  ['CR11 nine NICs', vm(`nics: [${'lan,'.repeat(9)}]`), 'vms.web.nics', /at most 8 NICs/],
  ['CR11 a link of one end', link('web.eth0', 'web: {image: micro}'), 'networks.wire.link', /exactly two ends/],
  [
    'CR11 a link to an unknown VM',
    link('web.eth0, dbb.eth0', 'web: {image: micro}, db: {image: micro}'),
    'networks.wire.link.1',
    /unknown VM "dbb": did you mean db\?/,
  ],
  ['CR11 a link to itself', link('web.eth0, web.eth1', 'web: {image: micro}'), 'networks.wire.link.1', /two different VMs/],
  [
    'CR11 a link to a NIC elsewhere',
    link('web.eth0, db.eth0', 'web: {image: micro, nics: [lan]}, db: {image: micro}'),
    'networks.wire.link.0',
    /eth0 of VM web is in network lan, not in wire/,
  ],
  [
    'CR11 a link to a missing NIC',
    link('web.eth0, db.eth2', 'web: {image: micro}, db: {image: micro}'),
    'networks.wire.link.1',
    /no NIC eth2/,
  ],
  [
    'CR11 a link to a VM with a count',
    link('web.eth0, db.eth0', 'web: {image: micro}, db: {image: micro, count: 2}'),
    'networks.wire.link.1',
    /count of 2/,
  ],
  [
    'CR11 a third NIC in a link',
    link('web.eth0, db.eth0', 'web: {image: micro}, db: {image: micro}, x: {image: micro, nics: [wire]}'),
    'vms.x.nics.0',
    /x\.eth0 is not one of its ends/,
  ],
];

for (const [name, text, path, message] of wrong) {
  test(`${name} is refused where it stands`, () => assertIssue(text, path, message));
}

test('CR9 all errors are reported at once, in the order of the text, each with line and column', () => {
  const text = ['slice: a', 'networks:', '  lan: { cidr: 10.0.0.1/24 }', 'vms:', '  web: { image: nope, nics: [lam] }', ''].join('\n');
  assert.deepEqual(
    issuesOf(text).map((issue) => [issue.line, issue.column, issue.path]),
    [
      [3, 10, 'networks.lan.cidr'],
      [5, 10, 'vms.web.image'],
      [5, 30, 'vms.web.nics.0'],
    ],
  );
});

test('CR9 an error in the template is said once, at the template', () => {
  assertIssue('{slice: a, topology: ring, size: 5, template: {image: nope}}', 'template.image', /unknown image/);
});

test('CR11 more networks than a slice may have are refused before any is planned', () => {
  const networks = Array.from({ length: 501 }, (_, number) => `n${number}: {}`).join(', ');
  assertIssue(`slice: s\nnetworks: {${networks}}\nvms: { a: { image: micro } }\n`, 'networks', /at most 500 networks, these are 501/);
});

test('MH8 a disk or volume that is smaller than its image is refused at its place, unless it was made before the image became larger', () => {
  const images = { ...storedImages('micro'), diskSizes: new Map([['micro', 10 * gibibyte]]) };
  const text = 'slice: a\nvms:\n  web: { image: micro, disk: 5GiB, volumes: [{ name: data, image: micro, size: 1GiB }] }';
  const { file, locate } = readSliceFile(text);
  assert.throws(
    () => normaliseSlice(file, { ...context, images, locate }),
    (thrown) =>
      thrown instanceof CroftError &&
      thrown.issues.map(({ path, line }) => `${line} ${path}`).join() === '3 vms.web.disk,3 vms.web.volumes.0.size' &&
      /^5GiB is less than the image micro has, which is 10 GiB/.test(thrown.issues[0]?.message ?? ''),
  );
  const previous = normaliseSlice(file, { ...context, images: storedImages('micro') });
  assert.deepEqual(normaliseSlice(file, { ...context, images, previous }), previous);
  const sizes = new Map([['few', { name: 'few', cpus: 1, memory: gibibyte, disk: gibibyte }]]);
  const { vms } = normaliseSlice(readSliceFile('slice: a\nvms: { web: { image: "micro:few" } }').file, {
    ...context,
    images: { ...images, map: { ...images.map, sizes } },
  });
  assert.equal(vms[0]?.disk, null, 'a size that does not fit the image leaves its own');
});

test('SC10 user-data for guests that read no seed, and a script as a cloud-config, are refused at their place', () => {
  const stored = new Map([['plain', { ...usualTraits, nocloud: false }]]);
  const issuesOf = (vm: string): string[] => {
    try {
      normaliseSlice(readSliceFile(`slice: a\nvms: { web: ${vm} }`).file, { ...context, images: { ...storedImages('micro'), stored } });
      return [];
    } catch (thrown) {
      return thrown instanceof CroftError ? thrown.issues.map(({ path, message }) => `${path}: ${message}`) : [String(thrown)];
    }
  };
  assert.match(
    issuesOf('{ image: plain, userData: "#!/bin/sh\\n" }').join(),
    /^vms\.web\.userData: guests of the image plain read no seed/,
  );
  assert.deepEqual(issuesOf('{ image: plain }'), []);
  stored.set('micro', usualTraits);
  assert.deepEqual(issuesOf('{ image: micro, cloudConfig: "#!/bin/sh\\n" }'), ['vms.web.cloudConfig: it is a script: give it as userData']);
});
