import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError } from '../../../model/error.ts';
import { addCpus, type CpuWays, switchOnCpus } from './add-cpus.ts';

interface Machine {
  kvm?: boolean;
  present?: number;
  /** MB of translated code, of 64. */
  used?: number;
  /** The number of CPUs that it accepts before it refuses one. */
  takes?: number;
}

/** A QEMU with eight places, which lists them as QEMU does: the last place first. */
function qemuWith({ kvm = false, present = 1, used = 0, takes = 8 }: Machine) {
  const did: string[] = [];
  let count = present;
  const places = () =>
    Array.from({ length: 8 }, (_, core) => ({
      ...{ type: 'max-x86_64-cpu', props: { 'core-id': core }, 'vcpus-count': 1 },
      ...(core < count ? { 'qom-path': `/machine/${core}` } : {}),
    })).reverse();
  const answers: Record<string, () => unknown> = {
    'query-kvm': () => ({ enabled: kvm, present: true }),
    'query-hotpluggable-cpus': places,
    'x-query-jit': () => {
      if (kvm) throw new CroftError('command.failed', 'JIT information is only available with accel=tcg');
      return { 'human-readable-text': `gen code size       ${used * 1024 ** 2}/66945024\n` };
    },
  };
  const ways: CpuWays = {
    execute: async (command) => answers[command]?.(),
    async still(work) {
      did.push('still');
      await work();
      did.push('goes on');
    },
    async add(cpus, wanted) {
      did.push(`${cpus.map(({ place }) => place)} to be ${wanted}`);
      count = Math.min(wanted, present + takes);
    },
  };
  return { did, to: (wanted: number) => addCpus(ways, wanted) };
}

test('SC11 CPUs come in the order of their places until there are so many, and none goes', async () => {
  const { did, to } = qemuWith({ kvm: true, present: 2 });
  assert.equal(await to(4), 4);
  assert.equal(await to(1), 4);
  assert.equal(await to(9), 8, 'there are no more places');
  assert.deepEqual(did, ['2,3 to be 4', '4,5,6,7 to be 8']);
});

test('SC11 an emulated guest is paused during the check for room for CPUs, and no more CPUs are added than there is room for', async () => {
  const roomy = qemuWith({ used: 20 });
  assert.equal(await roomy.to(3), 3);
  assert.deepEqual(roomy.did, ['still', '1,2 to be 3', 'goes on']);
  const tight = qemuWith({ used: 59 });
  assert.equal(await tight.to(8), 3);
  assert.deepEqual(tight.did, ['still', '1,2 to be 3', 'goes on']);
  const full = qemuWith({ used: 63 });
  assert.equal(await full.to(2), 1);
  assert.deepEqual(full.did, ['still', 'goes on']);
});

test('SC11 CPUs that QEMU refuses are not counted', async () => {
  assert.equal(await qemuWith({ kvm: true, takes: 1 }).to(4), 2);
});

test('SC11 the agent switches on the CPUs that its guest left off, once it sees as many as there are', async () => {
  const seen = [1, 1, 2];
  const asked: unknown[] = [];
  const agent = {
    async execute(command: string, parameters?: Record<string, unknown>) {
      if (command === 'guest-set-vcpus') return asked.push(parameters?.vcpus);
      return Array.from({ length: seen.shift() ?? 0 }, (_, id) => ({ 'logical-id': id, online: id === 0, 'can-offline': id > 0 }));
    },
  };
  await switchOnCpus(agent, 2);
  assert.deepEqual([asked, seen], [[[{ 'logical-id': 1, online: true }]], []]);
});
