import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { launch, nicSpec, port, vmSpec } from '../../test/support/vm.ts';
import { planHash, type VmLaunch } from '../model/node/plan.ts';
import { usualPlacement } from '../model/placement/placement.ts';
import { diffSlice } from '../model/slice/diff.ts';
import type { SliceSpec } from '../model/slice/slice.ts';
import { type Capability, capabilities } from '../model/vm/capability.ts';
import { liveWay } from './live-change.ts';

const disc = 'tools';

const vmArbitrary = fc.record({
  cpus: fc.integer({ min: 1, max: 2 }),
  disk: fc.constantFrom(null, 5, 6),
  nics: fc.uniqueArray(fc.record({ name: fc.constantFrom('eth0', 'eth1', 'eth2'), network: fc.constantFrom('lan', 'wan') }), {
    selector: ({ name }) => name,
  }),
  volumes: fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b'), image: fc.constantFrom(null, 'base', disc), size: fc.constantFrom(7, 8) }),
    { selector: ({ name }) => name },
  ),
  firmware: fc.constantFrom('bios' as const, 'bios' as const, 'uefi' as const),
  restart: fc.constantFrom('always' as const, 'never' as const),
});
type Shape = typeof vmArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

function specOf({ nics, volumes, ...rest }: Shape): SliceSpec {
  const vm = vmSpec({
    ...{ ...rest, name: 'vm', image: 'base', memory: 1 },
    nics: nics.map(({ name, network }) => nicSpec(network, { name })),
    volumes: volumes.map(({ image, size, name }) => ({ name, image, size: image === disc ? null : size })),
  });
  return { name: 's', placement: usualPlacement, networks: [], vms: [vm] };
}

/** As the store derives a VM from a slice: a VM that stays keeps its identifier. */
function launchOf({ cpus, disk, firmware, ...shape }: Shape): VmLaunch {
  const image = (name: string) => ({ id: name, sha256: name, format: name === disc ? ('iso' as const) : ('raw' as const), size: 1 });
  return launch({
    ...{ id: 'vm', cpus, disk, image: image('base'), firmware },
    volumes: shape.volumes.map(({ name, image: base, size }) => {
      return { id: `${name} ${base}`, name, image: base === null ? null : image(base), size: base === disc ? null : size };
    }),
    ports: shape.nics.map(({ name, network }) => {
      const id = `${name} ${network}`;
      return port({ nicId: id, vmId: 'vm', mac: id, address: id });
    }),
  });
}

test('SC11 what the plan of a slice foretells of a VM that runs is what the reconciler then does', () => {
  fc.assert(
    fc.property(vmArbitrary, vmArbitrary, fc.subarray<Capability>([...capabilities]), (before, after, able) => {
      const can = new Set(able);
      const [change] = diffSlice(specOf(before), specOf(after), 1, () => ({ state: 'running', can, cdRoms: new Set([disc]) })).vms;
      const [running, wanted] = [launchOf(before), launchOf(after)];
      if (change?.kind === 'recreate') return;
      const way = planHash(running) === planHash(wanted) ? null : liveWay(running, wanted, can, false);
      const times = change?.kind === 'update' ? change.changes.map(({ when }) => when) : [];
      assert.equal(change?.kind === 'restart', planHash(running) !== planHash(wanted) && way === null, 'restarted');
      assert.equal(times.includes('live') || times.includes('offered'), (way?.change ?? null) !== null, 'changed now');
      if (!times.includes('live') && !times.includes('offered')) {
        assert.equal(times.includes('next-start'), (way?.waiting ?? null) !== null, 'waits');
      }
    }),
    { numRuns: 2000 },
  );
});
