import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { storedImages } from '../../../test/support/stored-images.ts';
import { CroftError, type InputIssue } from '../error.ts';
import { usualTraits } from '../image/definition.ts';
import { anywhere } from '../placement/placement.ts';
import { gibibyte, initialFlavors } from '../vm/flavor.ts';
import { readSliceFile } from './document.ts';
import { type NormaliseContext, normaliseSlice } from './normalise.ts';
import type { SliceSpec } from './slice.ts';

const context: NormaliseContext = {
  flavors: initialFlavors,
  images: storedImages('micro', 'debian'),
  previous: null,
  reserved: '100.64.0.0/10',
};

function normalise(text: string, previous: SliceSpec | null = null): SliceSpec {
  const { file, locate } = readSliceFile(text);
  return normaliseSlice(file, { ...context, previous, locate });
}

function issuesOf(text: string): readonly InputIssue[] {
  try {
    normalise(text);
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    assert.equal(thrown.code, 'input.invalid');
    return thrown.issues;
  }
  return assert.fail(`no error for:\n${text}`);
}

/** The text has exactly one issue, at that path, whose message matches. */
function assertIssue(text: string, path: string, message: RegExp): void {
  const issues = issuesOf(text);
  assert.deepEqual(
    issues.map((issue) => issue.path),
    [path],
    JSON.stringify(issues),
  );
  assert.match(issues[0]?.message ?? '', message);
  assert.ok((issues[0]?.line ?? 0) > 0 && (issues[0]?.column ?? 0) > 0, 'has its place');
}

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');

test('CR9 the example of two VMs means what it says', () => {
  const spec = normalise(example('hello'));
  assert.deepEqual(spec.networks, [
    { name: 'lan', cidr: '192.168.50.0/24', internet: true, dhcp: true, gateway: '192.168.50.1', link: false, impairment: null },
    { name: 'wire', cidr: '192.168.1.0/24', internet: false, dhcp: true, gateway: '192.168.1.1', link: true, impairment: null },
  ]);
  const [web, db] = spec.vms;
  assert.match(web?.userData ?? '', /^#!\/bin\/sh\n/);
  assert.deepEqual({ ...web, userData: null }, { ...db, name: 'web' });
  assert.deepEqual(db, {
    name: 'db',
    image: 'micro',
    cpus: 1,
    memory: 256 * 1024 ** 2,
    disk: null,
    nics: [
      { name: 'eth0', network: 'lan', model: 'virtio', address: null, mac: null },
      { name: 'eth1', network: 'wire', model: 'virtio', address: null, mac: null },
    ],
    restart: 'on-failure',
    userData: null,
    sshKeys: [],
    volumes: [],
    firmware: null,
    cloudConfig: null,
    bootOrder: null,
    placement: anywhere,
  });
});

test('CR9 the example of a ring joins four VMs, and its own fields win over the template', () => {
  const spec = normalise(example('ring'));
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.memory / 1024 ** 2, ...vm.nics.map((nic) => nic.network)]),
    [
      ['vm1', 256, 'link1-2', 'link4-1', 'lan'],
      ['vm2', 128, 'link1-2', 'link2-3', 'lan'],
      ['vm3', 128, 'link2-3', 'link3-4', 'lan'],
      ['vm4', 128, 'link3-4', 'link4-1', 'lan'],
    ],
  );
  assert.equal(spec.networks.filter((network) => network.link).length, 4);
});

test('CR9 raising a count only adds VMs', () => {
  const counted = (count: number) => normalise(`{slice: a, vms: {db: {image: micro, count: ${count}}, web: {image: micro}}}`).vms;
  assert.deepEqual(
    counted(3).map((vm) => vm.name),
    ['db', 'db-2', 'db-3', 'web'],
  );
  assert.deepEqual(
    counted(3).filter((vm) => !['db-2', 'db-3'].includes(vm.name)),
    counted(1),
  );
});

test('CR9 sizes come from the flavor, then from the VM; a VM that names a flavor means its sizes', () => {
  const spec = normalise(`
slice: a
template: { image: micro, cpus: 3, memory: 1GiB }
vms:
  plain: {}
  large: { flavor: large }
  some: { flavor: medium, memory: 512M, disk: 20GB }`);
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.cpus, vm.memory / 1024 ** 2, vm.disk]),
    [
      ['plain', 3, 1024, null],
      ['large', 4, 4096, null],
      ['some', 2, 512, 20e9],
    ],
  );
});

test('SC7 a VM whose image has a size means that size, not those of the template', () => {
  const sizes = new Map([['huge', { name: 'huge', cpus: 8, memory: 8 * 1024 ** 3, disk: null }]]);
  const images = storedImages('micro');
  const { file } = readSliceFile(`
slice: a
template: { image: micro, flavor: medium, cpus: 3 }
vms:
  labelled: { image: "micro:huge" }
  plain: {}
  some: { image: "micro:huge", memory: 1GiB }`);
  const spec = normaliseSlice(file, { ...context, images: { ...images, map: { ...images.map, sizes } } });
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.cpus, vm.memory / 1024 ** 3]),
    [
      ['labelled', 8, 8],
      ['plain', 3, 2],
      ['some', 8, 1],
    ],
  );
});

test('CR11 a network without a subnet keeps the one it has when the slice is edited', () => {
  const before = normalise('{slice: a, networks: {one: {}, two: {}}}');
  assert.deepEqual(
    before.networks.map((network) => network.cidr),
    ['192.168.1.0/24', '192.168.2.0/24'],
  );
  const after = normalise('{slice: a, networks: {zero: {}, two: {}, three: {}, given: {cidr: 192.168.3.0/24}}}', before);
  assert.deepEqual(Object.fromEntries(after.networks.map((network) => [network.name, network.cidr])), {
    zero: '192.168.1.0/24',
    two: '192.168.2.0/24',
    three: '192.168.4.0/24',
    given: '192.168.3.0/24',
  });
});

test('CR11 a link adds the next NIC to its VMs', () => {
  const spec = normalise(
    '{slice: a, networks: {lan: {}, w: {link: [x.eth1, y.eth0]}, v: {link: [x.eth2, y.eth1]}}, vms: {x: {image: micro, nics: [lan]}, y: {image: micro}}}',
  );
  assert.deepEqual(
    spec.vms.map((vm) => vm.nics.map((nic) => `${nic.name} ${nic.network}`)),
    [
      ['eth0 lan', 'eth1 w', 'eth2 v'],
      ['eth0 w', 'eth1 v'],
    ],
  );
});

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

const impaired = (impair: string) => `{slice: a, networks: {lan: {impair: ${impair}}}}`;

test('CR11 the impairment of a network is read in microseconds, percent and bits per second', () => {
  const impairment = (text: string) => normalise(impaired(text)).networks[0]?.impairment;
  assert.deepEqual(impairment('{delay: 20ms, jitter: 500us, loss: 0.5%, rate: 1.5Gbit}'), {
    delay: 20_000,
    jitter: 500,
    loss: 0.5,
    rate: 1.5e9,
  });
  assert.deepEqual(impairment('{delay: 1.001ms}'), { delay: 1001, jitter: null, loss: null, rate: null });
  assert.deepEqual(impairment('{loss: 100%, rate: 1kbit}'), { delay: null, jitter: null, loss: 100, rate: 1000 });
  assert.equal(impairment('{delay: 0ms, loss: 0%}'), null);
  assert.equal(impairment('{}'), null);
});

test('CR11 an impairment that cannot be is refused where it is written', () => {
  const wrong: [impair: string, key: string, message: RegExp][] = [
    ['{loss: 100.1%}', 'loss', /not between 0% and 100%/],
    ['{loss: -1%}', 'loss', /a loss is a percentage/],
    ['{loss: 1}', 'loss', /a loss is a percentage/],
    ['{jitter: 5ms}', 'jitter', /needs a delay/],
    ['{delay: 4ms, jitter: 5ms}', 'jitter', /5ms is more than the delay of 4ms/],
    ['{delay: 11s}', 'delay', /not between 0us and 10s/],
    ['{delay: 0.5us}', 'delay', /a delay is a number of us/],
    ['{delay: 20}', 'delay', /a delay is a number of us/],
    ['{rate: 0Mbit}', 'rate', /not between 1kbit and 100Gbit per second/],
    ['{rate: 101Gbit}', 'rate', /not between/],
    ['{rate: 10MB}', 'rate', /a rate is a number of kbit/],
    ['{lose: 1%}', 'lose', /"lose".*loss/],
  ];
  for (const [impair, key, message] of wrong) assertIssue(impaired(impair), `networks.lan.impair.${key}`, message);
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
