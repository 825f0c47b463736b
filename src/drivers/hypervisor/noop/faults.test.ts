import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launch } from '../../../../test/support/vm.ts';
import { referenceTo, withLaunch } from '../../../../test/support/vm-reference.ts';
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { DriverEvent } from '../driver.ts';
import { chance } from './chance.ts';
import { type FaultPlace, noFaults } from './faults.ts';
import { createNoopHypervisor, type NoopOptions } from './noop.ts';
import { createNoopWorld } from './world.ts';

const layout = nodeLayout();
const host = new FakeHost();
const abilities = tcgAbilities;

const launchOf = (id: string): VmLaunch => launch({ id });

function stage(options: NoopOptions) {
  const driver = createNoopHypervisor(options).on({ host, layout, abilities });
  const state = (id: string) => {
    const seen = driver.observe().parse({ code: 0, stdout: '', stderr: '' });
    return seen.find((vm) => vm.id === id)?.state ?? 'none';
  };
  return { driver, state };
}

test('SC11 a fault before an operation leaves nothing of it, one halfway a part, and a lost reply all of it', async () => {
  const states: Record<FaultPlace, string> = { before: 'none', halfway: 'preparing', after: 'stopped' };
  for (const place of ['before', 'halfway', 'after'] as const) {
    const { driver, state } = stage({ faults: { ...noFaults, rules: [{ operations: ['prepare'], rate: 1, place }] } });
    await assert.rejects(driver.prepare(withLaunch(launchOf('a'), 's/a')), { code: 'command.failed' });
    assert.equal(state('a'), states[place]);
  }
});

test('SC11 an interrupted snapshot is none, one that is being removed is gone, and a VM that was to be restored has ended', async () => {
  const after: Record<FaultPlace, [string[], string[], string]> = {
    before: [[], ['kept'], 'running'],
    halfway: [[], [], 'stopped'],
    after: [['new'], [], 'stopped'],
  };
  for (const place of ['before', 'halfway', 'after'] as const) {
    const world = createNoopWorld();
    const vm = launchOf('a');
    const well = createNoopHypervisor({ world }).on({ host, layout, abilities });
    const rules = [{ operations: ['snapshot', 'revert', 'removeSnapshot'] as const, rate: 1, place }];
    const { driver, state } = stage({ world, faults: { ...noFaults, rules } });
    const names = () => driver.snapshots(referenceTo('a')).parse({ code: 0, stdout: '', stderr: '' });
    const cut = { code: 'command.failed', message: /as the simulation has it/ };
    await driver.prepare(withLaunch(vm, 's/a'));
    await driver.start(withLaunch(vm, 's/a'));
    await assert.rejects(driver.snapshot(withLaunch(vm), 'new', false), cut);
    const taken = names().map(({ name }) => name);
    for (const { name } of names()) await well.removeSnapshot(withLaunch(vm), name);
    await well.snapshot(withLaunch(vm), 'kept', false);
    await assert.rejects(driver.revert(withLaunch(vm), 'kept'), cut);
    const reverted = state('a');
    await assert.rejects(driver.removeSnapshot(withLaunch(vm), 'kept'), cut);
    assert.deepEqual([taken, names().map(({ name }) => name), reverted], after[place], place);
  }
});

test('SC11 a rule is about the operations and the VM that it names, with the error that it names', async () => {
  const error = new CroftError('disk.full', 'full');
  const rules = [{ operations: ['start' as const], subject: 's/a', rate: 1, place: 'before' as const, error }];
  const { driver, state } = stage({ faults: { ...noFaults, rules } });
  for (const id of ['a', 'b']) await driver.prepare(withLaunch(launchOf(id), `s/${id}`));
  await assert.rejects(driver.start(withLaunch(launchOf('a'), 's/a')), { code: 'disk.full' });
  await driver.start(withLaunch(launchOf('b'), 's/b'));
  assert.deepEqual([state('a'), state('b')], ['stopped', 'running']);
});

test('SC11 what fails depends on the seed, the VM and the try, and not on the order in which VMs come', async () => {
  const failing = async (seed: number, names: readonly string[]): Promise<string[]> => {
    const faults = { ...noFaults, seed, rules: [{ rate: 0.3, place: 'before' as const }] };
    const { driver } = stage({ faults });
    const failed: string[] = [];
    for (const number of [1, 2, 3]) {
      for (const name of names) {
        await driver.prepare(withLaunch(launchOf(name), `s/${name}`)).catch(() => failed.push(`${name} ${number}`));
      }
    }
    return failed.sort();
  };
  const names = Array.from({ length: 20 }, (_, index) => `vm${index}`);
  const first = await failing(7, names);
  assert.ok(first.length > 0 && first.length < 60);
  assert.deepEqual(await failing(7, names.toReversed()), first);
  assert.notDeepEqual(await failing(8, names), first);
});

test('SC11 chance is the same for the same words, and spread evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.array(fc.string()), (seed, words) => {
      const value = chance(seed, ...words);
      return value >= 0 && value < 1 && value === chance(seed, ...words);
    }),
  );
  const below = Array.from({ length: 10_000 }, (_, index) => chance(3, 'start', `s/vm-${index}`)).filter((value) => value < 0.1).length;
  assert.ok(below > 850 && below < 1150, `${below} of 10,000 are below a tenth`);
});

test('SC11 an operation takes the time that it is given, and events get lost where they are to', async () => {
  const slept: number[] = [];
  const { driver } = stage({
    faults: { ...noFaults, delays: { start: 40, other: 5 }, lostEvents: 1 },
    sleep: async (time) => slept.push(time),
  });
  const heard: DriverEvent[] = [];
  await using _ = driver.watch((event) => heard.push(event));
  await driver.prepare(withLaunch(launchOf('a'), 's/a'));
  await driver.start(withLaunch(launchOf('a'), 's/a'));
  assert.deepEqual([slept, heard], [[5, 40], []]);
});
