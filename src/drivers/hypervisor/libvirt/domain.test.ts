import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launchImage, launch as launchOf, port as nicPort } from '../../../../test/support/vm.ts';
import { newIdentifier } from '../../../model/identifier.ts';
import { vmUserId } from '../vm-folder/identity.ts';
import { domainOf } from './domain.ts';
import { domainMetadata, domainUuid, ownMark, readMetadata } from './identity.ts';
import { find, readXml, writeXml, type Xml, xml } from './xml.ts';

const layout = nodeLayout({ controllerId: 'aaaabbbb' });
const tcg = tcgAbilities;
const options = { uri: 'qemu:///system', network: null };
const image = launchImage({ format: 'qcow2' });
const port = nicPort({ vmId: '' });
const vm = launchOf({
  ...{ id: 'abcdefghijklmnop', cpus: 2, memory: 2 ** 27, image, ports: [port] },
  volumes: [{ id: 'qrstuvwxyz234567', name: 'data', image: null, size: 2 ** 20 }],
});

const domain = (launch = vm, abilities = tcg, with_ = options as Parameters<typeof domainOf>[4]) =>
  domainOf(layout, launch, abilities, 'slice/vm', with_);
const devices = (of: Xml, name: string) => find(of, 'devices')?.children.filter((device) => device.name === name) ?? [];
const text = (of: Xml, ...path: string[]) => find(of, ...path)?.text;

test('SC11 a domain is read back as it was written, whatever its text', () => {
  const name = fc.stringMatching(/^[a-w][a-z]{0,7}$/);
  const words = fc.stringMatching(/^[ -~]*$/);
  const element = (children: fc.Arbitrary<Xml[]>): fc.Arbitrary<Xml> =>
    fc
      .record({ name, attributes: fc.dictionary(name, words, { noNullPrototype: true }), children, text: words })
      .map((parts) => ({ ...parts, namespace: null }));
  const tree = element(fc.array(element(fc.array(element(fc.constant([])), { maxLength: 3 })), { maxLength: 3 }));
  fc.assert(fc.property(tree, (root) => assert.deepEqual(readXml(writeXml(root)), root)));
});

test('SC11 what is no XML is an error with a code', () => {
  for (const broken of ['', '<a>', '<a></b>', 'words']) assert.throws(() => readXml(broken), { code: 'command.failed' });
});

test('SC11 metadata tell whose a domain is', () => {
  const [owner] = domainMetadata(layout, vm.id).children;
  const printed = writeXml(owner ?? xml('none'));
  assert.deepEqual(readMetadata(printed), { controllerId: 'aaaabbbb', vmId: vm.id });
  assert.ok(printed.includes(ownMark(layout, vm.id)));
  assert.ok(!printed.includes(ownMark({ ...layout, controllerId: 'x' }, 'y')));
});

test("SC11 a domain's UUID is its VM's and its controller's alone", () => {
  const ids = Array.from({ length: 50 }, newIdentifier);
  const uuids = new Set(ids.flatMap((id) => [domainUuid(layout, id), domainUuid({ ...layout, controllerId: 'ccccdddd' }, id)]));
  assert.equal(uuids.size, 100);
  for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('CR6 a domain has the VM’s user, memory, CPUs, disks in order, and the tap that is there', () => {
  const made = domain();
  const user = vmUserId(vm.id);
  assert.deepEqual([made.attributes.type, find(made, 'cpu')?.attributes.mode, text(made, 'memory')], ['qemu', 'maximum', '131072']);
  assert.deepEqual([find(made, 'vcpu')?.attributes.current, text(made, 'vcpu')], ['2', '8']);
  assert.deepEqual([find(made, 'seclabel')?.attributes.relabel, text(made, 'seclabel', 'label')], ['no', `+${user}:+${user}`]);
  const disks = devices(made, 'disk').map((disk) => [find(disk, 'target')?.attributes.dev, text(disk, 'serial')]);
  assert.deepEqual(disks, [
    ['vda', undefined],
    ['vdb', 'data'],
    ['hdc', undefined],
  ]);
  const [nic] = devices(made, 'interface');
  assert.equal(find(nic, 'target')?.attributes.managed, 'no');
  assert.equal(find(nic, 'driver', 'guest')?.attributes.csum, 'off');
});

test('CR6 under KVM the CPU is the host’s and the process has the device’s group; UEFI has its own variables', () => {
  const made = domain({ ...vm, firmware: 'uefi' }, { ...tcg, accelerator: { kind: 'kvm', reason: '' }, datapath: 'system' });
  assert.deepEqual([made.attributes.type, find(made, 'cpu')?.attributes.mode], ['kvm', 'host-passthrough']);
  assert.equal(text(made, 'seclabel', 'label'), `+${vmUserId(vm.id)}:kvm`);
  assert.equal(text(made, 'os', 'nvram'), `/s/vms/${vm.id}/firmware-variables.fd`);
  assert.equal(find(devices(made, 'interface')[0], 'driver'), undefined);
});

test('SC11 a guest cannot suspend itself, and has memory back that it cannot do without', () => {
  const made = domain();
  for (const how of ['suspend-to-mem', 'suspend-to-disk']) assert.equal(find(made, 'pm', how)?.attributes.enabled, 'no');
  assert.deepEqual(devices(made, 'memballoon')[0]?.attributes, { model: 'virtio', autodeflate: 'on' });
});

test("CR6 libvirt's own network is one more NIC, apart from those of other VMs", () => {
  const [, own] = devices(domain(vm, tcg, { ...options, network: 'default' }), 'interface');
  assert.deepEqual([find(own, 'source')?.attributes.network, find(own, 'port')?.attributes.isolated], ['default', 'yes']);
  assert.match(find(own, 'mac')?.attributes.address ?? '', /^0e(:[0-9a-f]{2}){5}$/);
});

test('CR6 a node of another architecture is said to be unfit', () => {
  assert.throws(() => domain(vm, { ...tcg, architecture: 'aarch64' }), { code: 'node.unfit' });
});

test('SC11 what a VM boots from has its place, and a NIC only then its ROM', () => {
  const netboot = domain({ ...vm, bootOrder: ['nic', 'data'] });
  const place = (device: Xml | undefined) => (device === undefined ? undefined : find(device, 'boot')?.attributes.order);
  const [nic] = devices(netboot, 'interface');
  assert.deepEqual([place(nic), nic === undefined ? null : find(nic, 'rom')], ['1', undefined]);
  assert.deepEqual(devices(netboot, 'disk').map(place), [undefined, '2', '3']);
  const [plain] = devices(domain(), 'interface');
  assert.deepEqual([place(plain), plain === undefined ? null : find(plain, 'rom')?.attributes.enabled], [undefined, 'no']);
});
