import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createHypervisors } from '../../src/controller/hypervisors.ts';
import { createDoctor } from '../../src/controller/node-doctor.ts';
import { createNodeInspection } from '../../src/controller/node-inspection.ts';
import type { NodeLayout } from '../../src/drivers/hypervisor/driver.ts';
import type { DoctorCheck } from '../../src/model/node/doctor.ts';
import { nodeConfigSchema } from '../../src/model/node/node.ts';
import { openStandIns, type StandInMachine } from '../stand-ins/zones/machine.ts';

const hypervisorOf = createHypervisors({ seedOf: () => ({ hash: '', build: async () => Buffer.alloc(0) }) });
const doctor = createDoctor(hypervisorOf);
const config = nodeConfigSchema.parse({ name: 'omni', hypervisor: 'zones', roles: ['compute'] });
let machine: StandInMachine;
let layout: NodeLayout;
before(async () => {
  machine = await openStandIns();
  layout = { controllerId: 'abcd2345', bridge: 'b', uplink: null, stateFolder: `${machine.pool}/state`, runFolder: `${machine.pool}/run` };
});
after(() => machine?.[Symbol.asyncDispose]());
beforeEach(() => machine.change((now) => void Object.assign(now, { faults: [] })));

const examine = (): Promise<DoctorCheck[]> => doctor.examine(machine.host, layout, config);
const missing = async (): Promise<(string | null)[][]> =>
  (await examine()).filter(({ ok }) => !ok).map(({ name, detail, fix }) => [name, detail, fix]);

test('CR2 a node with zones needs what it uses, and nothing of what Linux nodes do', async () => {
  const checks = await examine();
  assert.deepEqual(
    checks.map(({ name, ok }) => [name, ok]),
    ['login', 'python3', 'coreutils', 'zstd', 'ssh', 'disk', 'hypervisor', 'limits', 'qemu-img', 'firmware', 'acceleration'].map((name) => [
      name,
      true,
    ]),
  );
  const { detail } = checks.find(({ name }) => name === 'acceleration') ?? {};
  assert.match(detail ?? '', /^bhyve: /);
  const specs = await createNodeInspection(hypervisorOf).inspect(machine.host, layout, config);
  assert.deepEqual([specs.hypervisors, specs.hypervisor?.version, specs.accelerator.kind], [['zones'], 'omnios-r151054-stand-in', 'bhyve']);
});

test('CR2 the package that a node without the brand bhyve lacks is named, and installed', async () => {
  await machine.takeAway('bhyvectl');
  const why = 'zones cannot be used: bhyvectl is not installed';
  assert.deepEqual(await missing(), [['hypervisor', why, 'pkg install system/zones/brand/bhyve']]);
  await assert.rejects(createNodeInspection(hypervisorOf).inspect(machine.host, layout, config), { code: 'node.unfit', hint: /doctor/ });
  await doctor.treat(machine.host, layout, await examine(), config);
  assert.deepEqual(await missing(), []);
  await doctor.treat(machine.host, layout, [{ name: 'hypervisor', ok: false, detail: '', fix: null }], config);
});

test('CR2 a service of zones that is disabled is enabled, and one in maintenance is said to need a person', async () => {
  await machine.change(({ faults }) => void faults.push('disabled'));
  assert.equal((await missing())[0]?.[2], 'svcadm enable svc:/system/zones:default');
  await doctor.treat(machine.host, layout, await examine(), config);
  assert.deepEqual(await missing(), []);
  await machine.change(({ faults }) => void faults.push('smf'));
  assert.deepEqual((await missing())[0]?.slice(1), [
    'zones cannot be used: the service svc:/system/zones:default is maintenance; see svcs -x',
    null,
  ]);
  await assert.rejects(doctor.treat(machine.host, layout, await examine(), config), { code: 'node.unfit', message: /maintenance state/ });
});
