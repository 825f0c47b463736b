/** Properties of slices of any shape: they survive export and import, and their differences lead from one to the other. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { storedImages } from '../../../test/support/stored-images.ts';
import { firmwares } from '../image/definition.ts';
import type { Impairment } from '../network/impairment.ts';
import { nicModels } from '../network/nic-model.ts';
import { type Affinity, placementPolicies, type SlicePlacement, type VmPlacement } from '../placement/placement.ts';
import type { NicSpec, VolumeSpec } from '../vm/devices.ts';
import { restartPolicies } from '../vm/fields.ts';
import type { NetworkChange, SliceChange, VmChange } from './change.ts';
import { describeChange } from './change-words.ts';
import { diffSlice, isEmptyChange } from './diff.ts';
import { readSliceFile } from './document.ts';
import { exportSlice, sliceFileOf } from './export.ts';
import { checkSliceFile } from './file-check.ts';
import { type NormaliseContext, normaliseSlice } from './normalise.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

const images = ['micro', 'debian'];

const impairmentArbitrary: fc.Arbitrary<Impairment | null> = fc
  .record({
    delay: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
    jitter: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
    loss: fc.option(fc.integer({ min: 1, max: 1_000_000 }).map((part) => part / 10_000)),
    rate: fc.option(fc.oneof(fc.integer({ min: 1000, max: 100e9 }), fc.constantFrom(1e6, 10e6, 2.5e9))),
  })
  .map(({ delay, jitter, loss, rate }) => {
    const impairment = { delay, jitter: delay === null || jitter === null ? null : Math.min(jitter, delay), loss, rate };
    return Object.values(impairment).every((value) => value === null) ? null : impairment;
  });

/** Networks `net0` and so on with subnets of their own; every second network can be without internet or DHCP. */
const networksArbitrary: fc.Arbitrary<NetworkSpec[]> = fc
  .array(fc.record({ internet: fc.boolean(), dhcp: fc.boolean(), host: fc.integer({ min: 1, max: 3 }), impairment: impairmentArbitrary }), {
    maxLength: 4,
  })
  .map((networks) =>
    networks.map(({ internet, dhcp, host, impairment }, index) => ({
      name: `net${index}`,
      cidr: `10.0.${index}.0/24`,
      internet,
      dhcp,
      gateway: `10.0.${index}.${host}`,
      link: false,
      impairment,
    })),
  );

interface VmSeed {
  vm: Omit<VmSpec, 'name' | 'nics'>;
  joined: boolean[];
  nic: { model: NicSpec['model']; addressed: boolean };
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/);
const plain = { noNullPrototype: true } as const;
const someVms = fc.subarray(['vm0', 'vm1', 'vm2', 'vm3', 'vm4']);

/** No required affinity, so no contradictions; names of VMs that the slice lacks are removed later. */
const placementArbitrary: fc.Arbitrary<VmPlacement> = fc.record(
  {
    priority: fc.integer({ min: -100, max: 100 }),
    node: fc.option(word),
    pools: fc.uniqueArray(word, { maxLength: 3 }).map((names) => names.sort()),
    labels: fc.dictionary(word, word, { maxKeys: 3, ...plain }),
    imagePresent: fc.boolean(),
    affinity: fc.record({ required: fc.constant<string[]>([]), preferred: someVms }, plain),
    antiAffinity: fc.record({ required: someVms, preferred: someVms }, plain),
  },
  plain,
);

const volumesArbitrary: fc.Arbitrary<VolumeSpec[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.constantFrom('data', 'base', 'a-name-of-20-letters'),
      image: fc.option(fc.constantFrom(...images)),
      size: fc.integer({ min: 1024 ** 2, max: 2 ** 46 }),
      sized: fc.boolean(),
    })
    .map(({ name, image, size, sized }) => ({ name, image, size: sized || image === null ? size : null })),
  { selector: ({ name }) => name },
);

const vmSeedArbitrary: fc.Arbitrary<VmSeed> = fc.record({
  vm: fc.record({
    image: fc.constantFrom(...images),
    cpus: fc.integer({ min: 1, max: 512 }),
    memory: fc.integer({ min: 32 * 1024 ** 2, max: 2 ** 42 }),
    disk: fc.option(fc.integer({ min: 1024 ** 2, max: 2 ** 46 })),
    restart: fc.constantFrom(...restartPolicies),
    userData: fc.option(fc.string({ maxLength: 60 }).map((text) => `#!/bin/sh\n${text.replaceAll('\0', '')}`)),
    sshKeys: fc.constant([]),
    volumes: volumesArbitrary,
    firmware: fc.option(fc.constantFrom(...firmwares)),
    cloudConfig: fc.option(
      fc.string({ maxLength: 60 }).map((text) => `#cloud-config\n${JSON.stringify({ text: text.replaceAll('\0', '') })}\n`),
    ),
    bootOrder: fc.option(fc.constant(['disk'])),
    placement: placementArbitrary,
  }),
  joined: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  nic: fc.record({ model: fc.constantFrom(...nicModels), addressed: fc.boolean() }),
});

const slicePlacementArbitrary: fc.Arbitrary<SlicePlacement> = fc.record(
  { policy: fc.option(fc.constantFrom(...placementPolicies)), together: fc.boolean() },
  plain,
);

/** The first two VMs are joined by a link where `linked`. */
const sliceArbitrary: fc.Arbitrary<SliceSpec> = fc
  .tuple(networksArbitrary, fc.array(vmSeedArbitrary, { maxLength: 5 }), fc.boolean(), slicePlacementArbitrary)
  .map(([networks, seeds, linked, placement]) => {
    const link: NetworkSpec = {
      name: 'wire',
      cidr: '172.16.0.0/29',
      internet: false,
      dhcp: true,
      gateway: '172.16.0.1',
      link: true,
      impairment: null,
    };
    const withLink = linked && seeds.length >= 2;
    return {
      name: 'any',
      placement,
      networks: withLink ? [...networks, link] : networks,
      vms: seeds.map((seed, index) => vmOf(seed, index, seeds.length, withLink && index < 2 ? [...networks, link] : networks)),
    };
  });

function vmOf(seed: VmSeed, index: number, count: number, networks: readonly NetworkSpec[]): VmSpec {
  const joined = networks.filter((network, position) => network.link || seed.joined[position] === true);
  const nics = joined.map((network, position): NicSpec => {
    const addressed = seed.nic.addressed && !network.link;
    return {
      name: `eth${position}`,
      network: network.name,
      model: seed.nic.model,
      address: addressed ? network.gateway.replace(/[0-9]+$/, String(10 + index)) : null,
      mac: addressed ? `52:54:00:00:0${index}:0${position}` : null,
    };
  });
  const name = `vm${index}`;
  const peers = Array.from({ length: count }, (_, other) => `vm${other}`).filter((other) => other !== name);
  const known = ({ required, preferred }: Affinity): Affinity => ({
    required: required.filter((other) => peers.includes(other)),
    preferred: preferred.filter((other) => peers.includes(other) && !required.includes(other)),
  });
  const { affinity, antiAffinity } = seed.vm.placement;
  const placement = { ...seed.vm.placement, affinity: known(affinity), antiAffinity: known(antiAffinity) };
  return { name, ...seed.vm, placement, nics };
}

const context: NormaliseContext = { flavors: [], images: storedImages(...images), previous: null, reserved: '100.64.0.0/10' };

test('CR9 an exported slice reads back as the same slice', () => {
  fc.assert(
    fc.property(sliceArbitrary, (spec) => {
      assert.deepEqual(normaliseSlice(readSliceFile(exportSlice(spec)).file, context), spec);
    }),
  );
});

test('CR9 the same slice as JSON is the same slice', () => {
  fc.assert(
    fc.property(sliceArbitrary, (spec) => {
      assert.deepEqual(normaliseSlice(checkSliceFile(JSON.parse(JSON.stringify(sliceFileOf(spec)))), context), spec);
    }),
  );
});

/** The slice after the change, computed from the change's parts alone: the effect of a commit. */
function applied(current: SliceSpec | null, change: SliceChange): { networks: Map<string, NetworkSpec>; vms: Map<string, VmSpec> } {
  return { networks: appliedParts(current?.networks ?? [], change.networks), vms: appliedParts(current?.vms ?? [], change.vms) };
}

function appliedParts<Spec extends { name: string }>(
  current: readonly Spec[],
  changes: readonly ({ kind: 'remove'; name: string } | { kind: Exclude<(VmChange | NetworkChange)['kind'], 'remove'>; spec: Spec })[],
): Map<string, Spec> {
  const parts = new Map(current.map((part) => [part.name, part]));
  for (const change of changes) {
    if (change.kind === 'remove') parts.delete(change.name);
    else parts.set(change.spec.name, change.spec);
  }
  return parts;
}

test('CR9 a slice differs not from itself', () => {
  fc.assert(
    fc.property(sliceArbitrary, (spec) => {
      const change = diffSlice(spec, structuredClone(spec), 1);
      assert.ok(isEmptyChange(change));
      assert.deepEqual(describeChange(change), []);
    }),
  );
});

test('CR9 a difference applied gives the slice that was wanted', () => {
  fc.assert(
    fc.property(fc.option(sliceArbitrary), sliceArbitrary, (current, wanted) => {
      const result = applied(current, diffSlice(current, wanted, 1));
      assert.deepEqual(result.networks, new Map(wanted.networks.map((part) => [part.name, part])));
      assert.deepEqual(result.vms, new Map(wanted.vms.map((part) => [part.name, part])));
    }),
  );
});
