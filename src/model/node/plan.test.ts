import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { canonicalWriter } from '../canonical.ts';
import { firmwares } from '../image/definition.ts';
import { imageFormats } from '../image/image.ts';
import { nicModels } from '../network/nic-model.ts';
import { isHashOf, type LaunchImage, type PortPlan, planHash, portPlanSchema, type VmLaunch, vmLaunchSchema } from './plan.ts';

const image: LaunchImage = { id: 'i', sha256: 'f', format: 'qcow2', size: 1 };
const port: PortPlan = {
  ...{ nicId: 'n', vmId: 'a', mac: '02:00:00:00:00:01', address: '10.0.0.2', segment: 2000 },
  ...{ model: 'virtio', dhcp: true, impairment: null },
};
const launch: VmLaunch = {
  ...{ id: 'a', hostname: 'a', cpus: 1, memory: 1, disk: null, image, ports: [port], userData: null, sshKeys: ['k'] },
  volumes: [
    { id: 'v', name: 'data', image: null, size: 5 },
    { id: 'w', name: 'copy', image, size: null },
  ],
  ...{ firmware: 'bios', cloudConfig: null, bootOrder: null, boot: 0 },
};

test('CR9 what the first version of Croft hashed, with all its nulls, is known for what it is', () => {
  const impaired: PortPlan = { ...port, impairment: { delay: 20_000, jitter: null, loss: 0.5, rate: null } };
  assert.ok(isHashOf('jusi2jrklbxyvume', port));
  assert.ok(isHashOf('eey6dfdt7urmuwfh', impaired));
  assert.ok(isHashOf('gnwj3d2jlhxl5zsz', launch));
  assert.ok(isHashOf('gnwj3d2jlhxl5zsz', { ...launch, ports: [{ ...port, dhcp: false }] }), 'no matter of its process');
  assert.ok(!isHashOf('jusi2jrklbxyvume', impaired));
  assert.ok(!isHashOf('gnwj3d2jlhxl5zsz', { ...launch, memory: 2 }));
  assert.ok(!isHashOf(null, launch));
});

test('CR9 a hash is of the values, not of the order of their keys', () => {
  const reversed = Object.fromEntries(Object.entries(launch).reverse()) as unknown as VmLaunch;
  assert.equal(planHash(reversed), planHash(launch));
  assert.ok(isHashOf(planHash(launch), reversed));
  assert.notEqual(planHash({ ...launch, disk: 0 }), planHash(launch));
  assert.notEqual(planHash({ ...launch, sshKeys: [] }), planHash(launch));
});

const text = fc.string({ maxLength: 6 });
const size = fc.nat();
const images = fc.record({ id: text, sha256: text, format: fc.constantFrom(...imageFormats), size });
const quantity = fc.option(size);
const ports = fc.record({
  ...{ nicId: text, vmId: text, mac: text, address: text, segment: size, model: fc.constantFrom(...nicModels), dhcp: fc.boolean() },
  impairment: fc.option(fc.record({ delay: quantity, jitter: quantity, loss: quantity, rate: quantity })),
});
const launches: fc.Arbitrary<VmLaunch> = fc.record({
  ...{ id: text, hostname: text, cpus: size, memory: size, disk: fc.option(size), image: images },
  volumes: fc.array(fc.record({ id: text, name: text, image: fc.option(images), size: fc.option(size) }), { maxLength: 3 }),
  firmware: fc.constantFrom(...firmwares),
  ports: fc.array(ports, { maxLength: 3 }),
  ...{
    userData: fc.option(text),
    cloudConfig: fc.option(text),
    bootOrder: fc.option(fc.array(text)),
    sshKeys: fc.array(text, { maxLength: 2 }),
    boot: size,
  },
});

/** A field that does not exist yet, with its type and its default. */
const additions: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constant(z.string().nullable().default(null)),
  fc.boolean().map((usual) => z.boolean().default(usual)),
  text.map((usual) => z.string().default(usual)),
  fc.constant(z.array(z.string()).default([])),
  fc.constant(z.object({ one: z.int().default(1), two: z.string().nullable().default(null) }).default({ one: 1, two: null })),
);

test('CR9 a field that comes to a launch with a default, wherever in it, changes no hash, so nothing is restarted for it', () => {
  fc.assert(
    fc.property(launches, additions, additions, (before, field, portField) => {
      const later = vmLaunchSchema.extend({
        ports: z.array(portPlanSchema.extend({ later: portField })),
        later: field,
      });
      const written = canonicalWriter(vmLaunchSchema)(before);
      const read = later.parse(JSON.parse(JSON.stringify(before)));
      assert.equal(canonicalWriter(later)(read), written);
      assert.equal(canonicalWriter(later)(before), written, 'also where the default was not filled in');
      const other = { ...read, later: ['another'] };
      assert.notEqual(canonicalWriter(later.extend({ later: z.array(z.string()).default([]) }))(other), written);
    }),
  );
});

test('CR9 launches have the same hash exactly where they are the same, but for what of their ports is no matter of the process', () => {
  const writeAll = canonicalWriter(vmLaunchSchema);
  const plain = (vm: VmLaunch): VmLaunch => ({ ...vm, ports: vm.ports.map((each) => ({ ...each, dhcp: true, impairment: null })) });
  fc.assert(
    fc.property(launches, launches, (one, other) => {
      assert.equal(planHash(one) === planHash(other), writeAll(plain(one)) === writeAll(plain(other)));
      assert.equal(planHash(vmLaunchSchema.parse(JSON.parse(JSON.stringify(one)))), planHash(one));
      assert.ok(isHashOf(planHash(one), one));
    }),
  );
});
